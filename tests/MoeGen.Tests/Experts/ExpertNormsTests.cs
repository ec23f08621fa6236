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
        // two matrices of one row, padded to 32 columns: |(1, 2, 2)|² = 9 and |(4, 0)|² = 16 make 25; the bias would add 100
        int rowBytes = 32 * format.BytesPerElement();
        TensorDeclaration[] tensors =
        [
            TensorDeclaration.Matrix("up", 1, 3, format).InExperts([0], offset: 0),
            TensorDeclaration.Matrix("down", 1, 2, format).InExperts([0], offset: rowBytes),
            TensorDeclaration.Vector("bias", 1).InExperts([0], offset: 2 * rowBytes),
            TensorDeclaration.Matrix("decoder.up", 1, 3, format).InExperts([0], offset: 0, firstLayer: 1),
            TensorDeclaration.Matrix("router", 4, 3, format),
        ];
        using NativeBuffer blob = new((2 * rowBytes) + 128);
        FloatConverter.Narrow([1, 2, 2], format, new Span<byte>(blob.Pointer, 3 * format.BytesPerElement()));
        FloatConverter.Narrow([4, 0], format, new Span<byte>(blob.Pointer + rowBytes, 2 * format.BytesPerElement()));
        FloatConverter.Narrow([10], WeightFormat.F32, new Span<byte>(blob.Pointer + (2 * rowBytes), sizeof(float)));
        ExpertNorms norms = new(tensors, numExperts: 3);
        norms.Measure(1, blob.Pointer);
        Assert.Equal([0, 5, 0], norms.Values.ToArray());
    }
}
