using System.Buffers.Binary;
using System.Text;
using MoeGen.Testing;
using MoeGen.Weights;
using MoeGen.Weights.Dense;

namespace MoeGen.Tests.Packs;

/// <summary>
/// The file of everything outside the experts: what the header says is what lies there, or it is refused before memory is asked for.
/// </summary>
public sealed class DensePackTests : IDisposable
{
    private readonly PackedSmallModel _model = new();
    private readonly byte[] _good;

    public DensePackTests()
    {
        _model.Pack();
        _good = File.ReadAllBytes(_model.DenseFile);
    }

    [Fact]
    public void Header_NamesEveryTensor_AtItsPlaceInTheBlock()
    {
        TensorEntry[] entries = [.. TensorFile.ReadHeader(_model.DenseFile).Values.OrderBy(entry => entry.Offset)];
        Assert.Equal(0, entries[0].Offset % 4096);
        Assert.Equal(
            DenseLayout.Of(PackedSmallModel.Declarations).Tensors.Select(tensor => (tensor.Name, tensor.Offset, tensor.SizeInBytes)),
            entries.Select(entry => (entry.Name, entry.Offset - entries[0].Offset, entry.Length)));
        Assert.All(entries, entry => Assert.Equal(TensorType.U8, entry.Type));
        Assert.Equal(PackedSmallModel.DenseBytes, entries.Sum(entry => entry.Length));
    }

    // [3008, 704] in bfloat16 is 4235264 bytes
    [Theory]
    [InlineData("\"moegen_pack\":\"3\"", "\"moegen_pack\":\"2\"", "expected 3: an older moegen has packed it")]
    [InlineData("\"fingerprint\":\"0", "\"fingerprint\":\"1", "is a pack of another model")]
    [InlineData("\"weight_format\":\"bf16\"", "\"weight_format\":\"f16\"", "is a pack of another model")]
    [InlineData("\"dense_bytes\":\"4", "\"dense_bytes\":\"5", "expected 4367488 in dense.safetensors, as the config says")]
    [InlineData("\"piece_bytes\":\"4", "\"piece_bytes\":\"8", "expected 4194304 in dense.safetensors")]
    [InlineData("\"piece_bytes\"", "\"peace_bytes\"", "has no piece_bytes in its metadata")]
    [InlineData("\"xxh64\":\"", "\"xxh64\":\"0123456789abcdef", "has 3 checksums; expected 2")]
    [InlineData("\"embed\"", "\"dembe\"", "tensor embed is missing from the pack")]
    [InlineData("[4235264]", "[2117632,2]", "expected U8 [4235264] at byte 4224")]
    [InlineData("\"dtype\":\"U8\"", "\"dtype\":\"I8\"", "expected U8 [128] at byte 4096")]
    public void WrongHeader_IsRefused(string good, string bad, string fault)
    {
        string header = Header();
        Assert.Contains(good, header);
        WriteHeader(header.Replace(good, bad));
        AssertRefused(fault);
    }

    [Fact]
    public void TensorsInAnotherOrder_AreRefused()
    {
        // equal in size
        string header = Header().Replace("layers.0.gate", "layers.x").Replace("layers.0.up", "layers.0.gate").Replace("layers.x", "layers.0.up");
        WriteHeader(header);
        AssertRefused("tensor model.layers.0.gate is U8 [18432] at byte");
    }

    [Fact]
    public void Truncation_IsRefused()
    {
        foreach (int length in new[] { 0, 7, 8, 100, 4095, 4096, 4097, _good.Length / 2, _good.Length - 4096, _good.Length - 1 })
        {
            File.WriteAllBytes(_model.DenseFile, _good[..length]);
            AssertRefused("expected");
        }

        File.WriteAllBytes(_model.DenseFile, [.. _good, 0]);
        AssertRefused("expected equal numbers");
    }

    [Fact]
    public void AnyFlippedBitOfTheHeader_IsFound_OrHarmless()
    {
        Random random = new(1);
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            byte[] file = (byte[])_good.Clone();
            file[random.Next(8 + Header().Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_model.DenseFile, file);
            try
            {
                _model.Verify();
            }
            catch (CheckpointException exception)
            {
                Assert.StartsWith(_model.DenseFile + ": ", exception.Message);
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }
        }

        // digits of a checksum may be upper case; all else counts
        Assert.InRange(refused, 190, 200);
    }

    [Fact]
    public void MissingFile_IsRefused()
    {
        File.Delete(_model.DenseFile);
        Assert.Equal(
            $"{_model.Destination}: has no dense.safetensors; expected all files that `moegen pack` has written; run it again",
            Assert.Throws<CheckpointException>(Load).Message);
    }

    [Fact]
    public void ExpertsInItsPlace_AreRefused()
    {
        File.Copy(_model.PackFile, _model.DenseFile, overwrite: true);
        AssertRefused("has no dense_bytes in its metadata; expected 4367488 in dense.safetensors");
    }

    [Fact]
    public void FlippedBitOfThePadding_IsFoundByVerify()
    {
        // elements 5 to 31 of the norm fill it up
        byte[] file = (byte[])_good.Clone();
        file[8 + HeaderLength + 127] ^= 1;
        File.WriteAllBytes(_model.DenseFile, file);
        Assert.StartsWith(
            $"{_model.DenseFile}: piece 0 of the weights outside the experts has checksum",
            Assert.Throws<CheckpointException>(_model.Verify).Message);
    }

    public void Dispose() => _model.Dispose();

    private int HeaderLength => (int)BinaryPrimitives.ReadInt64LittleEndian(_good);

    private string Header() => Encoding.UTF8.GetString(_good, 8, HeaderLength).TrimEnd();

    // as long as before, so that the data stays where it is
    private void WriteHeader(string header)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(header.PadRight(HeaderLength));
        File.WriteAllBytes(_model.DenseFile, [.. _good[..8], .. bytes, .. _good[(8 + HeaderLength)..]]);
    }

    private void Load() => WeightFiles.Open(_model.Destination, PackedSmallModel.Info, PackedSmallModel.Declarations).Dispose();

    private void AssertRefused(string fault)
    {
        CheckpointException exception = Assert.ThrowsAny<CheckpointException>(Load);
        Assert.StartsWith(_model.DenseFile + ": ", exception.Message);
        Assert.Contains(fault, exception.Message);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.Equal(exception.Message, Assert.ThrowsAny<CheckpointException>(_model.Verify).Message);
    }
}
