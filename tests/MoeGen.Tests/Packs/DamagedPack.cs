using System.Buffers.Binary;
using System.Text;
using MoeGen.Packs;
using MoeGen.Weights;

namespace MoeGen.Tests.Packs;

/// <summary>A packed model, one file of which a test damages: whoever opens the model refuses it by a line about that file.</summary>
internal sealed class DamagedPack : IDisposable
{
    private const int LengthBytes = 8;

    private readonly byte[] _good;

    /// <summary>Packs a model.</summary>
    /// <param name="name">Name of the file; twins are packed only to be damaged.</param>
    /// <param name="format">Of the pack.</param>
    public DamagedPack(string name, WeightFormat format)
    {
        Model = new PackedSmallModel(format);
        Model.Pack(makesTwins: name == PackLayout.TwinsFileName);
        File = Path.Combine(Model.Destination, name);
        _good = System.IO.File.ReadAllBytes(File);
    }

    public PackedSmallModel Model { get; }

    /// <summary>The format, as messages name it.</summary>
    public string Format => Model.Info.WeightFormat.ToString().ToLowerInvariant();

    public string File { get; }

    /// <summary>The file as it was packed.</summary>
    public ReadOnlySpan<byte> Good => _good;

    /// <summary>First byte behind the header.</summary>
    public int DataStart => LengthBytes + (int)BinaryPrimitives.ReadInt64LittleEndian(_good);

    /// <summary>The header as it was packed, without the blanks behind it.</summary>
    public string Header => Encoding.UTF8.GetString(_good, LengthBytes, DataStart - LengthBytes).TrimEnd();

    /// <summary>Replaces the whole file.</summary>
    public void Write(byte[] bytes) => System.IO.File.WriteAllBytes(File, bytes);

    /// <summary>Replaces the header: as long as before, so that the data stays where it is.</summary>
    public void WriteHeader(string header) =>
        WriteStart([.. _good[..LengthBytes], .. Encoding.UTF8.GetBytes(header.PadRight(DataStart - LengthBytes))]);

    /// <summary>Replaces part of the header as it was packed.</summary>
    public void Replace(string good, string bad)
    {
        Assert.Contains(good, Header);
        WriteHeader(Header.Replace(good, bad));
    }

    /// <summary>Flips a bit of the header, and mends what was damaged there before.</summary>
    public void FlipHeaderBit(Random random)
    {
        byte[] start = _good[..DataStart];
        start[random.Next(LengthBytes + Header.Length)] ^= (byte)(1 << random.Next(8));
        WriteStart(start);
    }

    /// <summary>Opens the model and reads nothing but headers.</summary>
    public void Open() =>
        WeightFiles.Open(Model.Destination, Model.Info, Model.Declarations, PackLayout.HasTwins(Model.Destination)).Dispose();

    public void AssertRefused(string fault)
    {
        string message = Assert.ThrowsAny<CheckpointException>(Open).Message;
        AssertNamesTheFile(message);
        Assert.Contains(fault, message);
        Assert.Equal(message, Assert.ThrowsAny<CheckpointException>(Model.Verify).Message);
    }

    public void AssertNamesTheFile(string message)
    {
        Assert.StartsWith(File + ": ", message);
        Assert.DoesNotContain('\n', message);
    }

    public void Dispose() => Model.Dispose();

    private void WriteStart(byte[] bytes)
    {
        using FileStream file = new(File, FileMode.Open);
        file.Write(bytes);
    }
}
