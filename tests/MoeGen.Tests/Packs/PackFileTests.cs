using System.Buffers.Binary;
using System.Text;
using MoeGen.Packs;
using MoeGen.Weights;

namespace MoeGen.Tests.Packs;

/// <summary>Packs that are damaged or not what they should be: one clear error each, before memory is asked for.</summary>
public sealed class PackFileTests : IDisposable
{
    private readonly PackedSmallModel _model = new();
    private readonly byte[] _good;

    public PackFileTests()
    {
        _model.Pack();
        _good = File.ReadAllBytes(_model.PackFile);
    }

    [Fact]
    public void AnotherModel_IsRefused()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(
            () => Open(PackedSmallModel.Info with { Fingerprint = "1111111111111111" }));
        Assert.Equal(
            $"{_model.PackFile}: is a pack of another model: fingerprint 0000000000000000 in bf16; "
            + "expected 1111111111111111 in bf16; run `moegen pack` again",
            exception.Message);
    }

    [Theory]
    [InlineData("\"expert_bytes\":\"21", "\"expert_bytes\":\"31", "expert_bytes of its metadata is \"31")]
    [InlineData("\"experts\":\"5\"", "\"experts\":\"6\"", "experts of its metadata is \"6\"; expected 5 in experts.safetensors")]
    [InlineData("\"sparse_layers\":", "\"sparse_liars\":", "has no sparse_layers in its metadata; expected 1")]
    [InlineData("\"moegen_pack\":\"3\"", "\"moegen_pack\":\"1\"", "expected 3: an older moegen has packed it; run `moegen pack` again")]
    [InlineData("\"moegen_pack\":\"3\"", "\"moegen_pack\":\"2\"", "expected 3: an older moegen has packed it; run `moegen pack` again")]
    [InlineData("\"moegen_pack\":\"3\"", "\"moegen_pack\":\"4\"", "expected 3: a newer moegen may have packed it")]
    [InlineData("\"moegen_pack\"", "\"moegen_nick\"", "expected a file that `moegen pack` has written")]
    [InlineData("\"weight_format\":\"bf16\"", "\"weight_format\":\"bf61\"", "expected f32, f16, bf16, q8 or q4")]
    [InlineData("\"xxh64\":\"", "\"xxh64\":\"g", "hexadecimal digits")]
    [InlineData("layers.1.experts.3", "layers.1.experts.7", "tensor layers.1.experts.3 is missing")]
    [InlineData("\"dtype\":\"U8\"", "\"dtype\":\"I8\"", "expected U8")]
    public void WrongHeader_IsRefused(string good, string bad, string fault)
    {
        string header = Header();
        Assert.Contains(good, header);
        WriteHeader(header.Replace(good, bad));
        AssertRefused(fault);
    }

    [Fact]
    public void SwappedBlobs_AreRefused()
    {
        WriteHeader(Header().Replace("experts.3", "experts.x").Replace("experts.2", "experts.3").Replace("experts.x", "experts.2"));
        AssertRefused("expected U8 [");
    }

    [Fact]
    public void DataThatBeginsInsideAPage_IsRefused()
    {
        // 64 bytes fewer of padding
        byte[] file = [.. _good[..(8 + HeaderLength - 64)], .. _good[(8 + HeaderLength)..]];
        BinaryPrimitives.WriteInt64LittleEndian(file, HeaderLength - 64);
        File.WriteAllBytes(_model.PackFile, file);
        AssertRefused("at byte 4032; expected U8");
    }

    [Fact]
    public void Truncation_IsRefused()
    {
        foreach (int length in new[] { 0, 7, 8, 100, 4095, 4096, 4097, _good.Length / 2, _good.Length - 4096, _good.Length - 1 })
        {
            File.WriteAllBytes(_model.PackFile, _good[..length]);
            AssertRefused("expected");
        }
    }

    [Fact]
    public void AnyFlippedBitOfTheHeader_IsFound_OrHarmless()
    {
        Random random = new(1);
        int refused = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] file = (byte[])_good.Clone();
            file[random.Next(8 + HeaderLength)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_model.PackFile, file);
            try
            {
                _model.Verify();
            }
            catch (CheckpointException exception)
            {
                Assert.StartsWith(_model.PackFile + ": ", exception.Message);
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }
        }

        // digits of a checksum may be upper case; all else counts
        Assert.InRange(refused, 285, 300);
    }

    [Fact]
    public void FlippedBitOfABlob_IsFoundWhenItIsRead()
    {
        Random random = new(2);
        for (int expert = 0; expert < PackedSmallModel.NumExperts; expert++)
        {
            byte[] file = (byte[])_good.Clone();
            long blob = DirectFile.RoundUp(PackedSmallModel.ExpertBytes);
            file[8 + HeaderLength + (expert * blob) + random.NextInt64(blob)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_model.PackFile, file);
            Open(PackedSmallModel.Info).Dispose();
            CheckpointException exception = Assert.Throws<CheckpointException>(_model.Verify);
            Assert.StartsWith($"{_model.PackFile}: expert {expert} of layer 1 has checksum", exception.Message);
        }
    }

    public void Dispose() => _model.Dispose();

    private PackFile Open(ModelInfo info) => PackFile.Open(_model.Destination, new ExpertPackLayout(info));

    private int HeaderLength => (int)BinaryPrimitives.ReadInt64LittleEndian(_good);

    private string Header() => Encoding.UTF8.GetString(_good, 8, HeaderLength).TrimEnd();

    // as long as before, so that the data stays where it is
    private void WriteHeader(string header) =>
        File.WriteAllBytes(_model.PackFile, [.. _good[..8], .. Encoding.UTF8.GetBytes(header.PadRight(HeaderLength)), .. _good[(8 + HeaderLength)..]]);

    private void AssertRefused(string fault)
    {
        CheckpointException exception = Assert.ThrowsAny<CheckpointException>(() => Open(PackedSmallModel.Info));
        Assert.StartsWith(_model.PackFile + ": ", exception.Message);
        Assert.Contains(fault, exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
    }
}
