using MoeGen.Packs;
using MoeGen.Testing;
using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Tests.Packs;

/// <summary>
/// The file of everything outside the experts, in every kind of format: what its header says is what lies there, or it is refused.
/// </summary>
public sealed class DensePackTests
{
    public static TheoryData<WeightFormat> Formats => [WeightFormat.BF16, WeightFormat.Q8, WeightFormat.Q4];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Header_NamesEveryTensor_AtItsPlaceInTheBlock(WeightFormat format)
    {
        using PackedSmallModel model = new(format);
        model.Pack();
        TensorEntry[] entries = [.. TensorFile.ReadHeader(model.DenseFile).Values.OrderBy(entry => entry.Offset)];
        Assert.Equal(0, entries[0].Offset % 4096);
        Assert.Equal(
            DenseLayout.Of(model.Declarations).Tensors.Select(tensor => (tensor.Name, tensor.Offset, tensor.SizeInBytes)),
            entries.Select(entry => (entry.Name, entry.Offset - entries[0].Offset, entry.Length)));
        Assert.All(entries, entry => Assert.Equal(TensorType.U8, entry.Type));
        Assert.Equal(model.Info.DenseBytes, entries.Sum(entry => entry.Length));
    }

    [Fact]
    public void BlockInBfloat16_HasTheBytesOfItsMatrices()
    {
        using PackedSmallModel model = new();
        Assert.Equal(PackedSmallModel.DenseBytes, model.Info.DenseBytes);
        Assert.Equal(PackedSmallModel.ExpertBytes, model.Info.ExpertBytes);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void WrongHeader_IsRefused(WeightFormat format)
    {
        using DamagedPack pack = new(PackLayout.DenseFileName, format);
        long bytes = pack.Model.Info.DenseBytes, embed = TensorFile.ReadHeader(pack.File)["embed"].Length;
        foreach ((string good, string bad, string fault) in new[]
        {
            ("\"dense_bytes\":\"", "\"dense_bytes\":\"5", $"expected {bytes} in dense.safetensors, as the config says"),
            ("\"piece_bytes\":\"4", "\"piece_bytes\":\"8", "expected 4194304 in dense.safetensors"),
            ("\"piece_bytes\"", "\"peace_bytes\"", "has no piece_bytes in its metadata"),
            ($"[{embed}]", $"[{embed / 2},2]", $"expected U8 [{embed}] at byte {pack.DataStart + 128}"),
        })
        {
            pack.Replace(good, bad);
            pack.AssertRefused(fault);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void TensorsInAnotherOrder_AreRefused(WeightFormat format)
    {
        // equal in size
        using DamagedPack pack = new(PackLayout.DenseFileName, format);
        pack.WriteHeader(
            pack.Header.Replace("layers.0.gate", "layers.x").Replace("layers.0.up", "layers.0.gate").Replace("layers.x", "layers.0.up"));
        pack.AssertRefused("tensor model.layers.0.gate is U8 [18432] at byte");
    }

    [Fact]
    public void MissingFile_IsRefused()
    {
        using PackedSmallModel model = new();
        model.Pack();
        File.Delete(model.DenseFile);
        Assert.Equal(
            $"{model.Destination}: has no dense.safetensors; expected all files that `moegen pack` has written; run it again",
            Assert.Throws<CheckpointException>(() => WeightFiles.Open(model.Destination, model.Info, model.Declarations)).Message);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void ExpertsInItsPlace_AreRefused(WeightFormat format)
    {
        using DamagedPack pack = new(PackLayout.DenseFileName, format);
        File.Copy(pack.Model.PackFile, pack.File, overwrite: true);
        pack.AssertRefused($"has no dense_bytes in its metadata; expected {pack.Model.Info.DenseBytes} in dense.safetensors");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void FlippedBitOfThePadding_IsFoundByVerify(WeightFormat format)
    {
        // elements 5 to 31 of the norm fill it up
        using DamagedPack pack = new(PackLayout.DenseFileName, format);
        byte[] file = pack.Good.ToArray();
        file[pack.DataStart + 127] ^= 1;
        pack.Write(file);
        Assert.StartsWith(
            $"{pack.File}: piece 0 of the weights outside the experts has checksum",
            Assert.Throws<CheckpointException>(pack.Model.Verify).Message);
    }
}
