using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class CheckpointTests
{
    private const string Shard = "model-00001-of-00001.safetensors";

    [Fact]
    public void SingleFile_ComesBeforeAnIndex()
    {
        using TemporaryFolder folder = new();
        folder.Write("model.safetensors", SafetensorsBuilder.File(SafetensorsBuilder.GoodHeader));
        folder.Write("model.safetensors.index.json", "not JSON");
        using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
        Assert.Equal(["a", "b"], checkpoint.TensorNames);
    }

    [Fact]
    public void Shards_AreFoundThroughTheIndex()
    {
        using TemporaryFolder folder = FolderWithIndex($$$"""{"metadata":{},"weight_map":{"a":"{{{Shard}}}","b":"{{{Shard}}}"}}""");
        using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
        Assert.Equal("a", checkpoint.Locate("a", out SafetensorsFile file).Name);
        Assert.EndsWith(Shard, file.Path);
    }

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("[]", "has no weight_map")]
    [InlineData("{}", "has no weight_map")]
    [InlineData("""{"weight_map":[]}""", "has no weight_map")]
    [InlineData("""{"weight_map":{"a":1}}""", "names 1 for a; expected the name of a file in the same folder")]
    [InlineData("""{"weight_map":{"a":"../other/model.safetensors"}}""", "expected the name of a file in the same folder")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "expected the name of a file in the same folder")]
    [InlineData("""{"weight_map":{"a":"..\\model.safetensors"}}""", "expected the name of a file in the same folder")]
    [InlineData("""{"weight_map":{"a":".."}}""", "expected the name of a file in the same folder")]
    [InlineData("""{"weight_map":{"a":""}}""", "expected the name of a file in the same folder")]
    [InlineData(
        """{"weight_map":{"a":"model-00002-of-00002.safetensors"}}""",
        "weight_map names model-00002-of-00002.safetensors, which is not in the folder")]
    public void DamagedIndex_IsRefusedByName(string index, string fault)
    {
        using TemporaryFolder folder = FolderWithIndex(index);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Path));
        Assert.StartsWith(folder["model.safetensors.index.json"], exception.Message);
        Assert.Contains(fault, exception.Message);
    }

    [Fact]
    public void UnlistedTensor_IsMissingAlthoughAShardHoldsIt()
    {
        using TemporaryFolder folder = FolderWithIndex($$$"""{"weight_map":{"a":"{{{Shard}}}"}}""");
        using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
        WeightNotFoundException exception = Assert.Throws<WeightNotFoundException>(() => checkpoint.Locate("b", out _));
        Assert.Equal("b", exception.Tensor);
        Assert.Contains("weight_map", exception.Message);
    }

    [Fact]
    public void ListedTensorThatItsShardLacks_IsMissing()
    {
        using TemporaryFolder folder = FolderWithIndex($$$"""{"weight_map":{"c":"{{{Shard}}}"}}""");
        using Checkpoint checkpoint = Checkpoint.Open(folder.Path);
        WeightNotFoundException exception = Assert.Throws<WeightNotFoundException>(() => checkpoint.Locate("c", out _));
        Assert.StartsWith(folder[Shard], exception.Message);
    }

    [Fact]
    public void FolderWithoutWeights_IsRefused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("expected model.safetensors or", Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Path)).Message);
    }

    private static TemporaryFolder FolderWithIndex(string index)
    {
        TemporaryFolder folder = new();
        folder.Write(Shard, SafetensorsBuilder.File(SafetensorsBuilder.GoodHeader));
        folder.Write("model.safetensors.index.json", index);
        return folder;
    }
}
