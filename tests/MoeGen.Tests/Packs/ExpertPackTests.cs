using MoeGen.Packs;
using MoeGen.Weights;

namespace MoeGen.Tests.Packs;

/// <summary>The file of the experts, in every kind of format: what its header says is what lies there, or it is refused.</summary>
public sealed class ExpertPackTests
{
    private static readonly (string Good, string Bad, string Fault)[] s_wrongHeaders =
    [
        ("\"expert_bytes\":\"", "\"expert_bytes\":\"1", "expert_bytes of its metadata is \"1"),
        ("\"experts\":\"5\"", "\"experts\":\"6\"", "experts of its metadata is \"6\"; expected 5 in experts.safetensors"),
        ("\"sparse_layers\":", "\"sparse_liars\":", "has no sparse_layers in its metadata; expected 1"),
        ("layers.1.experts.3", "layers.1.experts.7", "tensor layers.1.experts.3 is missing"),
    ];

    public static TheoryData<WeightFormat> Formats => [WeightFormat.BF16, WeightFormat.Q8, WeightFormat.Q4];

    [Theory]
    [MemberData(nameof(Formats))]
    public void WrongHeader_IsRefused(WeightFormat format)
    {
        using DamagedPack pack = new(PackLayout.FileName, format);
        foreach ((string good, string bad, string fault) in s_wrongHeaders)
        {
            pack.Replace(good, bad);
            pack.AssertRefused(fault);
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void SwappedBlobs_AreRefused(WeightFormat format)
    {
        using DamagedPack pack = new(PackLayout.FileName, format);
        pack.WriteHeader(pack.Header.Replace("experts.3", "experts.x").Replace("experts.2", "experts.3").Replace("experts.x", "experts.2"));
        pack.AssertRefused("expected U8 [");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void BlobOfAnotherSize_IsRefused(WeightFormat format)
    {
        // a page less of the last expert: a right safetensors file, but no pack of this model
        using DamagedPack pack = new(PackLayout.FileName, format);
        long blob = DirectFile.RoundUp(pack.Model.Info.ExpertBytes), data = PackedSmallModel.NumExperts * blob;
        pack.Write([.. pack.Good[..^4096]]);
        pack.Replace(
            $"\"shape\":[{blob}],\"data_offsets\":[{data - blob},{data}]",
            $"\"shape\":[{blob - 4096}],\"data_offsets\":[{data - blob},{data - 4096}]");
        pack.AssertRefused($"tensor layers.1.experts.4 is U8 [{blob - 4096}] at byte");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void FlippedBitOfABlob_IsFoundWhenItIsRead(WeightFormat format)
    {
        using DamagedPack pack = new(PackLayout.FileName, format);
        Random random = new(2);
        for (int expert = 0; expert < PackedSmallModel.NumExperts; expert++)
        {
            byte[] file = pack.Good.ToArray();
            long blob = DirectFile.RoundUp(pack.Model.Info.ExpertBytes);
            file[pack.DataStart + (expert * blob) + random.NextInt64(blob)] ^= (byte)(1 << random.Next(8));
            pack.Write(file);
            pack.Open();
            string message = Assert.Throws<CheckpointException>(pack.Model.Verify).Message;
            Assert.StartsWith($"{pack.File}: expert {expert} of layer 1 has checksum", message);
        }
    }
}
