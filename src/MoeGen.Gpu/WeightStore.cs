using ILGPU;
using ILGPU.Runtime;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>The weights of a loaded model on the device: everything outside the experts in one block, experts in their slots.</summary>
public sealed unsafe class WeightStore : IDisposable
{
    private readonly GpuDevice _device;
    private readonly MoeGen.Weights.WeightStore _host;
    private readonly DeviceSlots _slots;
    private readonly MemoryBuffer1D<Words, Stride1D.Dense> _dense;

    /// <summary>Copies what is outside the experts to the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="host">The weights in host memory, which stay there; they own the slots.</param>
    /// <param name="slots">The slots of the experts.</param>
    internal WeightStore(GpuDevice device, MoeGen.Weights.WeightStore host, DeviceSlots slots)
    {
        _device = device;
        _host = host;
        _slots = slots;
        long numWords = (host.DenseBytes + Words.SizeInBytes - 1) / Words.SizeInBytes;
        _dense = device.Accelerator.Allocate1D<Words>(numWords);
        _dense.View.BaseView.Cast<byte>().CopyFromCPU(device.Stream, ref *host.Dense, host.DenseBytes);
    }

    /// <summary>A matrix outside the experts.</summary>
    /// <param name="name">Declared name.</param>
    /// <param name="layer">0-based layer, where the name has a placeholder for it.</param>
    public Matrix<TMatrix> Matrix<TMatrix>(string name, int layer = 0)
        where TMatrix : struct, IGpuMatrix
    {
        long offset = _host.OffsetOf(name, layer, [TMatrix.Rows, TMatrix.Columns]);
        long numWords = (long)GpuDevice.PanelsOf(TMatrix.Rows) * TMatrix.PanelWords;
        return new(_device, _dense.View.BaseView.SubView(offset / Words.SizeInBytes, numWords), _host.Dense + offset);
    }

    /// <summary>A vector outside the experts.</summary>
    /// <param name="name">Declared name.</param>
    /// <param name="layer">0-based layer, where the name has a placeholder for it.</param>
    /// <param name="length">Declared number of elements.</param>
    public WeightVector Vector(string name, int length, int layer = 0)
    {
        long offset = _host.OffsetOf(name, layer, [length]);
        ArrayView<float> floats = _dense.View.BaseView.Cast<float>();
        return new(floats.SubView(offset / sizeof(float), length), _host.Vector(name, length, layer));
    }

    /// <summary>The experts of a sparse layer.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    public ExpertList<TExpert, TUp, TDown> Experts<TExpert, TUp, TDown>(int layer)
        where TExpert : struct, IGpuExpert
        where TUp : struct, IGpuMatrix
        where TDown : struct, IGpuMatrix =>
        new(_device, _host.ExpertCache, _slots, layer);

    /// <inheritdoc/>
    public void Dispose() => _dense.Dispose();
}
