using ILGPU;
using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu;

/// <summary>Rows of float32 on the device, one per token. A view into the memory of a forward pass.</summary>
public readonly struct Activations
{
    private Activations(RowBuffer buffer, ArrayView<float> floats, int width)
    {
        Buffer = buffer;
        Floats = floats;
        Width = width;
    }

    /// <summary>Creates a view of all rows of a buffer.</summary>
    internal Activations(RowBuffer buffer)
        : this(buffer, buffer.Floats, buffer.Width)
    {
    }

    /// <summary>Elements of a row.</summary>
    public int Width { get; }

    internal GpuDevice Device => Buffer.Device;

    /// <summary>The memory.</summary>
    internal RowBuffer Buffer { get; }

    internal ArrayView<float> Floats { get; }

    internal int Stride => RowStride.Of(Buffer.Width);

    internal ArrayView<Pair> Pairs => Floats.Cast<Pair>();

    /// <summary>The rows from one of them on.</summary>
    /// <param name="rows">Rows to leave out; not checked.</param>
    public Activations Skip(int rows) =>
        new(Buffer, rows < Buffer.Capacity ? Floats.SubView((long)rows * Stride) : default, Width); // an empty view begins nowhere

    /// <summary>Some columns of every row; not for matrix products, which read whole rows.</summary>
    /// <param name="first">First column; not checked.</param>
    /// <param name="width">Columns; not checked.</param>
    public Activations Columns(int first, int width) => new(Buffer, Floats.SubView((long)first), width);
}
