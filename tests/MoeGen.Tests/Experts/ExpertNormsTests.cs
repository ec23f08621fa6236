using MoeGen.Experts;
using MoeGen.Memory;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Experts;

public unsafe class ExpertNormsTests
{
    [Theory]
    [InlineData(WeightFormat.F32)]
    [InlineData(WeightFormat.F16)]
    [InlineData(WeightFormat.BF16)]
    [InlineData(WeightFormat.Q8)]
    [InlineData(WeightFormat.Q4)]
    public void Norm_IsThatOfAllMatricesTogether_WithoutBiases(WeightFormat format)
    {
        // two matrices of one row, filled up to 16 rows of 32 columns: |(1, 2, 2)|² = 9 and |(4, 0)|² = 16 make 25; the bias would add 100
        int matrixBytes = (int)MatrixLayout.SizeInBytes(1, 3, format);
        TensorDeclaration[] tensors =
        [
            TensorDeclaration.Matrix("up", 1, 3, format).InExperts([0], offset: 0),
            TensorDeclaration.Matrix("down", 1, 2, format).InExperts([0], offset: matrixBytes),
            TensorDeclaration.Vector("bias", 1).InExperts([0], offset: 2 * matrixBytes),
            TensorDeclaration.Matrix("decoder.up", 1, 3, format).InExperts([0], offset: 0, firstLayer: 1),
            TensorDeclaration.Matrix("router", 4, 3, format),
        ];
        using NativeBuffer blob = new((2 * matrixBytes) + 128);
        WriteRow(blob.Pointer, [1, 2, 2]);
        WriteRow(blob.Pointer + matrixBytes, [4, 0]);
        FloatConverter.Narrow([10], WeightFormat.F32, new Span<byte>(blob.Pointer + (2 * matrixBytes), sizeof(float)));
        ExpertNorms norms = new(tensors, numExperts: 3);
        norms.Measure(1, blob.Pointer);
        Assert.Equal((0, 0), (norms.Values[0], norms.Values[2]));
        Assert.Equal(5, norms.Values[1], 5f / 2048); // scales of Q8 are rounded to 11 bits; all else is exact

        void WriteRow(byte* matrix, float[] values)
        {
            Span<byte> row = stackalloc byte[64];
            switch (format)
            {
                case WeightFormat.Q8:
                    Assert.Equal(-1, BlockQuantizer.Quantize<Q8Block>(values, row));
                    break;
                case WeightFormat.Q4:
                    Assert.Equal(-1, BlockQuantizer.Quantize<Q4Block>(values, row));
                    break;
                default:
                    FloatConverter.Narrow(values, format, row);
                    break;
            }

            fixed (byte* source = row)
            {
                new PanelWriter(matrix, values.Length, format).Write(0, 1, 0, values.Length, source, 0);
            }
        }
    }
}
