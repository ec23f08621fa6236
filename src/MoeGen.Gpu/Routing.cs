using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>
/// Which experts the tokens of a pass have chosen in the current layer, on the device and, where the processor decides what is copied or
/// what runs, in host memory.
/// </summary>
public sealed class Routing : IDisposable
{
    private readonly GpuDevice _device;
    private readonly RowBuffer _logits;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _ids; // [maxTokens, topK]
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _weights; // [maxTokens, topK]

    internal Routing(GpuDevice device, MoeGen.Experts.Routing host, int maxTokens)
    {
        _device = device;
        Host = host;
        _logits = new RowBuffer(device, maxTokens, host.NumExperts);
        Logits = new Activations(_logits);
        _ids = device.Accelerator.Allocate1D<int>((long)maxTokens * host.TopK);
        _weights = device.Accelerator.Allocate1D<float>((long)maxTokens * host.TopK);
    }

    /// <summary>Scores of all experts before the softmax, [numTokens, numExperts].</summary>
    public Activations Logits { get; }

    /// <summary>The same in host memory.</summary>
    internal MoeGen.Experts.Routing Host { get; }

    /// <summary>Nobody in host memory asks what is chosen: every expert is on the device, and the router alone decides.</summary>
    internal bool MayStayOnDevice { get; set; }

    /// <summary>The choice of the current layer was made on the device, and host memory does not have it.</summary>
    internal bool IsOnDevice { get; private set; }

    /// <summary>Choices of all tokens of the pass.</summary>
    internal int NumChoices { get; set; }

    internal ArrayView<int> Ids => _ids.View;

    internal ArrayView<float> Weights => _weights.View;

    /// <summary>Groups the choices of all tokens by expert, and brings them to the device.</summary>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void GroupByExpert(int numTokens, Worker worker)
    {
        if (!IsOnDevice)
        {
            Host.GroupByExpert(numTokens, worker);
            Ids.CopyFromCPU(_device.Stream, ref Host.TopKIds(0)[0], (long)numTokens * Host.TopK);
            Weights.CopyFromCPU(_device.Stream, ref Host.TopKWeights(0)[0], (long)numTokens * Host.TopK);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _logits.Dispose();
        _ids.Dispose();
        _weights.Dispose();
    }

    /// <summary>Begins a choice that a kernel can make, unless there are more experts than it has room for.</summary>
    /// <returns>Whether it is to be made on the device; else the scores are in host memory now.</returns>
    internal bool StartOnDevice(int numTokens)
    {
        bool isOnDevice = MayStayOnDevice && Host.NumExperts <= RouterShape.MaxExperts && Host.TopK <= RouterShape.MaxTopK;
        if (!isOnDevice)
        {
            StartOnHost(numTokens);
        }

        IsOnDevice = isOnDevice;
        return isOnDevice;
    }

    /// <summary>Begins a choice that the processor makes: brings the scores to host memory.</summary>
    internal void StartOnHost(int numTokens)
    {
        IsOnDevice = false;
        _logits.DownloadTo(Host.Logits, numTokens);
    }
}
