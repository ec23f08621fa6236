using ILGPU;
using ILGPU.Runtime;
using MoeGen.Engine;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Keys and values of one sequence on the device, float32: as <see cref="KvCache"/> has them in host memory.</summary>
public sealed class DeviceCache : IDisposable
{
    private readonly GpuDevice _device;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _memory;
    private readonly KvCacheLayout _layout;
    private readonly int[] _lengths; // [layers] rows of a head
    private readonly long[] _offsets; // [layers] first element

    /// <summary>Allocates the memory of a sequence.</summary>
    /// <param name="device">The device.</param>
    /// <param name="layout">What it holds, in float32.</param>
    internal DeviceCache(GpuDevice device, KvCacheLayout layout)
    {
        _device = device;
        _layout = layout;
        _lengths = layout.LayerLengths();
        _offsets = new long[layout.NumLayers + 1];
        for (int layer = 0; layer < layout.NumLayers; layer++)
        {
            _offsets[layer + 1] = _offsets[layer] + ((long)layout.NumHeads * _lengths[layer] * (layout.KeyDim + layout.ValueDim));
        }

        _memory = device.Accelerator.Allocate1D<float>(_offsets[^1]);
    }

    /// <summary>Writes the keys and values of some tokens.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="keys">Rotated keys, [numTokens, numHeads * keyDim].</param>
    /// <param name="values">Values, [numTokens, numHeads * valueDim].</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Append(int layer, Activations keys, Activations values, int firstPosition, int numTokens, Worker worker)
    {
        CacheLayer cache = LayerAt(layer, firstPosition);
        Write(keys, _layout.KeyDim, cache, cache.Keys, numTokens);
        Write(values, _layout.ValueDim, cache, cache.Values, numTokens);
    }

    /// <summary>Writes the keys of some tokens where values are part of them.</summary>
    /// <inheritdoc cref="Append(int, Activations, Activations, int, int, Worker)"/>
    public void Append(int layer, Activations keys, int firstPosition, int numTokens, Worker worker)
    {
        CacheLayer cache = LayerAt(layer, firstPosition);
        Write(keys, _layout.KeyDim, cache, cache.Keys, numTokens);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>What kernels see of a layer.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="firstPosition">Position of the first token.</param>
    internal CacheLayer LayerAt(int layer, int firstPosition) => new()
    {
        Memory = _memory.View,
        Keys = _offsets[layer],
        Values = _offsets[layer] + ((long)_layout.NumHeads * _lengths[layer] * _layout.KeyDim),
        Length = _lengths[layer],
        FirstPosition = firstPosition,
    };

    private void Write(Activations rows, int dim, CacheLayer cache, long place, int numTokens) =>
        _device.Kernels(static accelerator => new Launch(accelerator)).Append(
            _device.Stream, _device.Groups(_layout.NumHeads, numTokens), rows.Floats, rows.Stride, dim, cache, place);

    private sealed class Launch(Accelerator accelerator)
    {
        public readonly Action<AcceleratorStream, KernelConfig, ArrayView<float>, int, int, CacheLayer, long> Append =
            accelerator.LoadKernel<ArrayView<float>, int, int, CacheLayer, long>(AttentionKernels.Append);
    }
}
