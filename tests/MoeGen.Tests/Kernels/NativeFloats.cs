using MoeGen.Kernels;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Tests.Kernels;

/// <summary>Native memory filled by a test: what kernels read and write.</summary>
internal sealed unsafe class NativeFloats : IDisposable
{
    private readonly NativeBuffer _buffer;

    public NativeFloats(int count)
    {
        _buffer = new NativeBuffer((long)count * sizeof(float));
        Count = count;
    }

    public NativeFloats(ReadOnlySpan<float> values)
        : this(values.Length)
    {
        values.CopyTo(Span);
    }

    public int Count { get; }

    public float* Pointer => (float*)_buffer.Pointer;

    public Span<float> Span => new(Pointer, Count);

    /// <summary>Rows of activations, laid out as kernels expect them.</summary>
    public static NativeFloats Rows(float[][] rows, int width, out Activations activations)
    {
        NativeFloats memory = new(rows.Length * RowLayout.Stride(width));
        activations = new Activations(memory.Pointer, width);
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i].CopyTo(activations[i]);
        }

        return memory;
    }

    public void Dispose() => _buffer.Dispose();
}

/// <summary>A matrix in native memory, in any format.</summary>
internal sealed unsafe class NativeMatrix<TShape, TFormat> : IDisposable
    where TShape : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    private readonly NativeBuffer _buffer = new(Matrix<TShape, TFormat>.SizeInBytes);

    /// <summary>Stores rounded values and remembers what they became.</summary>
    public NativeMatrix(Random random)
        : this([.. Enumerable.Range(0, TShape.Rows).Select(_ => TestRandom.Floats(random, TShape.Columns))])
    {
    }

    /// <summary>Stores rounded values and remembers what they became.</summary>
    public NativeMatrix(float[][] rows)
    {
        // element by element, as the layout says: words of 4 bytes, the first ones of 16 rows, then the second ones
        int elementBytes = TFormat.Format.BytesPerElement(), panelBytes = 16 * MatrixLayout.PaddedColumns(TShape.Columns) * elementBytes;
        for (int row = 0; row < TShape.Rows; row++)
        {
            for (int column = 0; column < TShape.Columns; column++)
            {
                (int word, int rest) = Math.DivRem(column * elementBytes, 4);
                Span<byte> element = new(_buffer.Pointer + (row / 16 * panelBytes) + (word * 64) + (row % 16 * 4) + rest, elementBytes);
                FloatConverter.Narrow([rows[row][column]], TFormat.Format, element);
                FloatConverter.Widen(element, TFormat.Format, rows[row].AsSpan(column, 1));
            }
        }

        Values = rows;
    }

    /// <summary>The stored values, [rows][columns].</summary>
    public float[][] Values { get; }

    public Matrix<TShape, TFormat> Matrix => new(_buffer.Pointer);

    public void Dispose() => _buffer.Dispose();
}

internal static class TestRandom
{
    /// <summary>Values between -2 and 2.</summary>
    public static float[] Floats(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * 4))];
}
