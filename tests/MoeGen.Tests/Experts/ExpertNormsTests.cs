using MoeGen.Experts;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Tests.Experts;

public unsafe class ExpertNormsTests
{
    [Theory]
    [InlineData(WeightFormat.F32)]
    [InlineData(WeightFormat.F16)]
    [InlineData(WeightFormat.BF16)]
    public void Norm_IsThatOfAllMatricesTogether_WithoutBiases(WeightFormat format)
    {
        // two matrices of one row, filled up to 16 rows of 32 columns: |(1, 2, 2)|² = 9 and |(4, 0)|² = 16 make 25; the bias would add 100
        int matrixBytes = 16 * 32 * format.BytesPerElement();
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
        Assert.Equal([0, 5, 0], norms.Values.ToArray());

        void WriteRow(byte* matrix, float[] values)
        {
            byte* row = stackalloc byte[values.Length * sizeof(float)];
            FloatConverter.Narrow(values, format, new Span<byte>(row, values.Length * format.BytesPerElement()));
            new PanelWriter(matrix, values.Length, format).Write(0, 1, 0, values.Length, row, 0);
        }
    }
}
