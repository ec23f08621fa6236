using MoeGen.Kernels;
using MoeGen.Memory;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Gpu.Tests.Kernels;

/// <summary>A matrix of random values, as the library writes it.</summary>
internal sealed unsafe class RandomMatrix<TShape, TFormat> : IDisposable
    where TShape : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    private readonly NativeBuffer _buffer = new(Matrix<TShape, TFormat>.SizeInBytes);

    public RandomMatrix(Random random)
    {
        WeightFormat format = TFormat.Format;
        PanelWriter writer = new(_buffer.Pointer, TShape.Columns, format);
        float[] values = new float[TShape.Columns];
        byte[] source = new byte[format.IsQuantized() ? BlockFormats.RowBytes(format, values.Length) : values.Length * format.BytesPerElement()];
        for (int row = 0; row < TShape.Rows; row++)
        {
            // of both signs, magnitudes over several powers of two
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)((random.NextDouble() - 0.5) * Math.Pow(2, row % 7));
            }

            Encode(values, format, source);
            fixed (byte* bytes = source)
            {
                writer.Write(row, 1, 0, values.Length, bytes, source.Length);
            }
        }
    }

    /// <summary>The panels.</summary>
    public ReadOnlySpan<byte> Bytes => new(_buffer.Pointer, (int)_buffer.SizeInBytes);

    /// <summary>A row times a vector, and the sum of the magnitudes of what it adds up.</summary>
    public (double Product, double Magnitude) Product(int row, float[] x)
    {
        float[] values = new float[TShape.Columns];
        new Matrix<TShape, TFormat>(_buffer.Pointer).Widen(row, values);
        double[] products = [.. values.Zip(x, (weight, activation) => (double)weight * activation)];
        return (products.Sum(), products.Sum(Math.Abs));
    }

    public void Dispose() => _buffer.Dispose();

    private static void Encode(float[] values, WeightFormat format, byte[] destination)
    {
        switch (format)
        {
            case WeightFormat.Q8:
                Assert.Equal(-1, BlockQuantizer.Quantize<Q8Block>(values, destination));
                break;
            case WeightFormat.Q4:
                Assert.Equal(-1, BlockQuantizer.Quantize<Q4Block>(values, destination));
                break;
            default:
                FloatConverter.Narrow(values, format, destination);
                break;
        }
    }
}
