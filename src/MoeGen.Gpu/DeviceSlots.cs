using ILGPU;
using ILGPU.Runtime;
using MoeGen.Experts.Cache;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>
/// The memory of experts on the device: one arena of equal slots, allocated once. What stands for an address in host memory is the distance
/// from its beginning: no thread of the processor ever reads or writes there, but by <see cref="Fill"/>.
/// </summary>
internal sealed unsafe class DeviceSlots : ISlotMemory
{
    private readonly MemoryBuffer1D<Words, Stride1D.Dense> _arena;
    private readonly List<IDisposable> _places = [];
    private readonly long _slotBytes;

    /// <summary>Allocates the arena.</summary>
    /// <param name="device">The device.</param>
    /// <param name="numSlots">Slots.</param>
    /// <param name="slotBytes">Bytes of a slot, whole words.</param>
    public DeviceSlots(GpuDevice device, int numSlots, long slotBytes)
    {
        Device = device;
        MaxSlots = numSlots;
        _slotBytes = slotBytes;
        _arena = device.Accelerator.Allocate1D<Words>(numSlots * slotBytes / Kernels.Words.SizeInBytes);
    }

    public GpuDevice Device { get; }

    public int MaxSlots { get; }

    /// <summary>The arena.</summary>
    public ArrayView<Words> Words => _arena.View;

    /// <summary>The arena as float32.</summary>
    public ArrayView<float> Floats => Words.Cast<float>();

    public byte* Address(int slot) => (byte*)(slot * _slotBytes);

    // the arena stays as it is
    public void Release(int slot)
    {
    }

    /// <summary>First word of a slot.</summary>
    public long PlaceOf(int slot) => slot * _slotBytes / Kernels.Words.SizeInBytes;

    /// <summary>Copies an expert to a slot and returns when it is there.</summary>
    /// <param name="stream">A stream of the calling thread's.</param>
    /// <param name="address">What <see cref="Address"/> gave for the slot.</param>
    /// <param name="expert">The expert.</param>
    /// <param name="size">Its bytes.</param>
    public void Fill(AcceleratorStream stream, byte* address, byte* expert, long size)
    {
        ArrayView<byte> slot = Words.Cast<byte>().SubView((long)address, size);
        slot.CopyFromCPU(stream, ref *expert, size);
        stream.Synchronize();
    }

    /// <summary>Memory for the places of a layer's experts; lives as long as the slots.</summary>
    /// <param name="numExperts">Experts of the layer.</param>
    public MemoryBuffer1D<long, Stride1D.Dense> AllocatePlaces(int numExperts)
    {
        MemoryBuffer1D<long, Stride1D.Dense> places = Device.Accelerator.Allocate1D<long>(numExperts);
        _places.Add(places);
        return places;
    }

    public void Dispose()
    {
        foreach (IDisposable places in _places)
        {
            places.Dispose();
        }

        _arena.Dispose();
    }
}
