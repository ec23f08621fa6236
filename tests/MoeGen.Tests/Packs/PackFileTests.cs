using System.Buffers.Binary;
using MoeGen.Packs;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Packs;

/// <summary>
/// Files of a pack, whatever they hold, that are damaged or not what they should be: one clear error each, before memory is asked for.
/// </summary>
public sealed class PackFileTests
{
    private static readonly (string Good, string Bad, string Fault)[] s_wrongHeaders =
    [
        ("\"moegen_pack\":\"3\"", "\"moegen_pack\":\"1\"", "expected 3: an older moegen has packed it; run `moegen pack` again"),
        ("\"moegen_pack\":\"3\"", "\"moegen_pack\":\"2\"", "expected 3: an older moegen has packed it; run `moegen pack` again"),
        ("\"moegen_pack\":\"3\"", "\"moegen_pack\":\"4\"", "expected 3: a newer moegen may have packed it"),
        ("\"moegen_pack\"", "\"moegen_nick\"", "expected a file that `moegen pack` has written"),
        ("\"fingerprint\":\"0", "\"fingerprint\":\"1", "is a pack of another model: fingerprint 1000000000000000"),
        ("\"weight_format\":\"", "\"weight_format\":\"x", "expected f32, f16, bf16, q8 or q4"),
        ("\"xxh64\":\"", "\"xxh64\":\"g", "hexadecimal digits"),
        ("\"xxh64\":\"", "\"xxh64\":\"0123456789abcdef", "checksums; expected"),
        ("\"dtype\":\"U8\"", "\"dtype\":\"I8\"", "expected U8"),
    ];

    public static TheoryData<string, WeightFormat> Files => new()
    {
        { PackLayout.FileName, WeightFormat.BF16 },
        { PackLayout.FileName, WeightFormat.Q8 },
        { PackLayout.FileName, WeightFormat.Q4 },
        { PackLayout.DenseFileName, WeightFormat.BF16 },
        { PackLayout.DenseFileName, WeightFormat.Q8 },
        { PackLayout.DenseFileName, WeightFormat.Q4 },
        { PackLayout.TwinsFileName, WeightFormat.BF16 },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void WrongHeader_IsRefused(string name, WeightFormat format)
    {
        using DamagedPack pack = new(name, format);
        foreach ((string good, string bad, string fault) in s_wrongHeaders)
        {
            pack.Replace(good, bad);
            pack.AssertRefused(fault);
        }

        string tensor = TensorFile.ReadHeader(pack.File).Keys.First();
        pack.Replace($"\"{tensor}\"", $"\"x{tensor}\"");
        pack.AssertRefused($"tensor {tensor} is missing from the pack");
        pack.WriteHeader(pack.Header);
        pack.Open();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void HeaderOfAnotherFormat_IsRefused(string name, WeightFormat format)
    {
        using DamagedPack pack = new(name, format);
        foreach (string other in new[] { "f32", "f16", "bf16", "q8", "q4" }.Where(other => other != pack.Format))
        {
            pack.Replace($"\"weight_format\":\"{pack.Format}\"", $"\"weight_format\":\"{other}\"");
            pack.AssertRefused(
                $"is a pack of another model: fingerprint 0000000000000000 in {other}; "
                + $"expected 0000000000000000 in {pack.Format}; run `moegen pack` again");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void AnotherLength_IsRefused(string name, WeightFormat format)
    {
        using DamagedPack pack = new(name, format);
        int whole = pack.Good.Length;
        foreach (int length in new[] { 0, 7, 8, 100, 4095, 4096, 4097, whole / 2, whole - 4096, whole - 1 })
        {
            pack.Write([.. pack.Good[..length]]);
            pack.AssertRefused("expected");
        }

        pack.Write([.. pack.Good, 0]);
        pack.AssertRefused("expected equal numbers");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void DataThatBeginsInsideAPage_IsRefused(string name, WeightFormat format)
    {
        // 64 bytes fewer of padding
        using DamagedPack pack = new(name, format);
        byte[] file = [.. pack.Good[..(pack.DataStart - 64)], .. pack.Good[pack.DataStart..]];
        BinaryPrimitives.WriteInt64LittleEndian(file, BinaryPrimitives.ReadInt64LittleEndian(file) - 64);
        pack.Write(file);
        pack.AssertRefused($"at byte {pack.DataStart - 64}; expected U8");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void AnyFlippedBitOfTheHeader_IsFound_OrHarmless(string name, WeightFormat format)
    {
        using DamagedPack pack = new(name, format);
        Random random = new(1);
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            pack.FlipHeaderBit(random);
            try
            {
                pack.Model.Verify();
            }
            catch (CheckpointException exception)
            {
                pack.AssertNamesTheFile(exception.Message);
                refused++;
            }
        }

        // digits of a checksum may be upper case; all else counts
        Assert.InRange(refused, 190, 200);
    }
}
