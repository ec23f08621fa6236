using ILGPU;
using MoeGen.Gpu.Kernels;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Gpu;

/// <summary>A matrix of weights outside the experts, on the device. A view: the weights own the memory.</summary>
/// <typeparam name="TMatrix">Shape, format and kernels.</typeparam>
public readonly unsafe struct Matrix<TMatrix>
    where TMatrix : struct, IGpuMatrix
{
    private readonly byte* _host; // the same panels in host memory

    internal Matrix(GpuDevice device, ArrayView<Words> words, byte* host)
    {
        Device = device;
        Words = words;
        _host = host;
    }

    internal GpuDevice Device { get; }

    internal ArrayView<Words> Words { get; }

    /// <summary>Computes the values of a row in host memory.</summary>
    /// <param name="row">0-based row.</param>
    /// <param name="destination">As many elements as the matrix has columns.</param>
    internal void Widen(int row, Span<float> destination)
    {
        (int panel, int place) = Math.DivRem(row, MatrixLayout.PanelRows);
        byte* data = _host + ((nint)panel * TMatrix.PanelWords * Kernels.Words.SizeInBytes);
        if (TMatrix.Format.IsQuantized())
        {
            BlockFormats.Dequantize(TMatrix.Format, data, place, TMatrix.Columns, destination);
        }
        else
        {
            PanelRow.Widen(data + (place * MatrixLayout.WordBytes), TMatrix.Format, destination);
        }
    }
}

/// <summary>A vector of weights in float32 on the device: a norm or a bias; the default is none.</summary>
public readonly struct WeightVector
{
    internal WeightVector(ArrayView<float> values, MoeGen.Kernels.WeightVector host)
    {
        Values = values;
        Host = host;
    }

    /// <summary>The same in host memory.</summary>
    internal MoeGen.Kernels.WeightVector Host { get; }

    internal ArrayView<float> Values { get; }
}
