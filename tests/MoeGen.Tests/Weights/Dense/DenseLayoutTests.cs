using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Tests.Weights.Dense;

public sealed class DenseLayoutTests
{
    // vectors are float32, filled up to 32 elements: 128 and 256 bytes; [17, 33] in float32 is two panels of 16 rows and 64 columns:
    // 2 x 16 x 64 x 4 = 8192 bytes
    [Fact]
    public void Tensors_LieOneBehindTheOther_ByDeclarationAndLayer()
    {
        DenseLayout layout = DenseLayout.Of(
        [
            TensorDeclaration.Vector("norm", 5),
            TensorDeclaration.Matrix("layers.{layer}.up", 17, 33, WeightFormat.F32).In([0, 2]),
            TensorDeclaration.Matrix("layers.{layer}.experts.{expert}.up", 64, 64, WeightFormat.F32).InExperts([1], 0),
            TensorDeclaration.Vector("layers.{layer}.bias", 33).In([1]),
        ]);
        Assert.Equal(
            [("norm", 0L, 128L), ("layers.0.up", 128, 8192), ("layers.2.up", 8320, 8192), ("layers.1.bias", 16512, 256)],
            layout.Tensors.Select(tensor => (tensor.Name, tensor.Offset, tensor.SizeInBytes)));
        Assert.Equal(16768, layout.SizeInBytes);
        Assert.Equal([17, 33], layout.Find("layers.2.up").Shape);
        Assert.Throws<KeyNotFoundException>(() => layout.Find("layers.1.up"));
    }

    [Fact]
    public void ModelOfExpertsOnly_HasAnEmptyBlock()
    {
        DenseLayout layout = DenseLayout.Of(
            [TensorDeclaration.Matrix("layers.{layer}.experts.{expert}.up", 64, 64, WeightFormat.F32).InExperts([1], 0)]);
        Assert.Equal(0, layout.SizeInBytes);
        Assert.Empty(layout.Tensors);
    }
}
