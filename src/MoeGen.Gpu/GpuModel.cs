using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>A model on a GPU: the device, its slots and weights, and what runs passes.</summary>
internal sealed class GpuModel : ModelDevice
{
    // what the driver and compiled kernels need beside a model
    private const double ShareOfDevice = 0.9;

    private readonly GpuHalf _half;
    private readonly ModelInfo _info;
    private readonly MoeOptions _options;
    private readonly Context? _context; // null: the device is the caller's
    private readonly GpuDevice _device;
    private DeviceSlots? _slots;
    private WeightStore? _weights;

    /// <summary>Opens the device.</summary>
    /// <param name="half">What the model brings.</param>
    /// <param name="info">The model.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="DeviceException">There is no GPU, or it cannot run the model.</exception>
    public GpuModel(GpuHalf half, ModelInfo info, MoeOptions options)
    {
        if (options.KeyValueFormat != KeyValueFormat.F32)
        {
            throw new DeviceException(
                $"A KV cache in {options.KeyValueFormat} was asked for; on a GPU it is held in F32. Leave the format away, or run on the processor.");
        }

        if (options.Offloading.NeedsHostSlots)
        {
            throw new DeviceException(
                $"{options.Offloading.Name} looks into the slots of experts, which are on the GPU; expected another method. "
                + "Choose one, or run on the processor.");
        }

        _half = half;
        _info = info;
        _options = options;
        Accelerator accelerator;
        if (options.Accelerator is Accelerator given)
        {
            accelerator = given;
        }
        else
        {
            _context = CreateContext();
            accelerator = OpenFirst(_context);
        }

        _device = new GpuDevice(accelerator, options.GroupSize ?? GroupLanes.MaxGroupSize);
    }

    public override string Name => _device.Accelerator.Name;

    public override long MemoryBytes => (long)(_device.Accelerator.MemorySize * ShareOfDevice);

    public override ISlotMemory CreateSlots(int numSlots, long slotBytes) => _slots = new DeviceSlots(_device, numSlots, slotBytes);

    public override IExpertSource Cache(IExpertSource source)
    {
        // what is outside the experts stays in host memory as well
        long budget = _options.HostMemoryBudget?.Bytes ?? (MemoryPlan.MachineBytes - _info.DenseBytes);
        long capacity = Math.Clamp(budget / SlotPool.SlotSize(_info.ExpertBytes), 1, int.MaxValue);
        return new HostTier(_info, source, _slots!, (int)capacity);
    }

    public override void Start(MoeGen.Weights.WeightStore weights)
    {
        _weights = new WeightStore(_device, weights, _slots!);
        _half.Start(_weights);
    }

    public override MoeGen.Engine.ForwardPass CreatePass(int maxTokens, int maxLogits) => _half.CreatePass(_device, maxTokens, maxLogits);

    public override void Forward(MoeGen.Engine.ForwardPass pass, Worker worker)
    {
        ForwardPass own = (ForwardPass)pass;
        own.Begin();
        _half.Forward(own, worker);
        own.End();
    }

    public override void Encode(MoeGen.Engine.ForwardPass pass, Worker worker)
    {
        ForwardPass own = (ForwardPass)pass;
        own.Begin();
        _half.Encode(own, worker);
        own.End();
    }

    public override void Dispose()
    {
        _weights?.Dispose();
        _device.Dispose();
        if (_context is not null)
        {
            _device.Accelerator.Dispose();
            _context.Dispose();
        }
    }

    /// <summary>How kernels are compiled: exponentials and roots by the device's own instructions, which ILGPU.Algorithms brings.</summary>
    internal static Context.Builder Configure(Context.Builder builder) => builder.EnableAlgorithms().Math(MathMode.Fast32BitOnly);

    private static Context CreateContext()
    {
        CudaLibrary.Register();
        try
        {
            return Context.Create(builder => Configure(builder).Cuda());
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new DeviceException($"The GPU driver cannot be used ({exception.Message}); expected NVIDIA's, with libcuda.", exception);
        }
    }

    private static Accelerator OpenFirst(Context context)
    {
        try
        {
            foreach (CudaDevice device in context.GetCudaDevices())
            {
                return device.CreateAccelerator(context);
            }

            throw new DeviceException("There is no GPU; expected one of NVIDIA's, and its driver (libcuda). Or run on the processor.");
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }
}
