using MoeGen.Memory;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public sealed class DirectFileTests : IDisposable
{
    private const int Length = (1 << 20) + 1234;

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _content = new byte[Length];

    public DirectFileTests()
    {
        new Random(1).NextBytes(_content);
        _folder.Write("file", _content);
    }

    private string FilePath => _folder["file"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnyPartOfAFile_IsRead(bool allowsDirect)
    {
        using DirectFile file = DirectFile.Open(FilePath, allowsDirect);
        Assert.Equal(Length, file.Length);
        Random random = new(2);
        for (int i = 0; i < 200; i++)
        {
            int offset = random.Next(Length), length = random.Next(i % 2 == 0 ? 9000 : 600_000);
            byte[] bytes = new byte[Math.Min(length, Length - offset)];
            file.Read(offset, bytes);
            Assert.True(_content.AsSpan(offset, bytes.Length).SequenceEqual(bytes), $"{bytes.Length} bytes at {offset}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void AlignedParts_GoStraightToTheirPlace(bool allowsDirect)
    {
        using DirectFile file = DirectFile.Open(FilePath, allowsDirect);
        using NativeBuffer buffer = new(3 * 4096, DirectFile.Alignment);
        file.Read(2 * 4096, buffer.Pointer, 3 * 4096);
        Assert.True(_content.AsSpan(2 * 4096, 3 * 4096).SequenceEqual(new ReadOnlySpan<byte>(buffer.Pointer, 3 * 4096)));
    }

    // to the end of the file, which is inside a block: what lies behind the place of the last byte stays as it is
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public unsafe void AlignedPart_OfWhichTheEndIsNot_FillsItsPlaceAndNoMore(bool allowsDirect)
    {
        using DirectFile file = DirectFile.Open(FilePath, allowsDirect);
        foreach (int offset in new[] { 0, Length / 4096 * 4096, (Length / 4096 * 4096) - 4096 })
        {
            int length = Length - offset;
            using NativeBuffer buffer = new(length + 1, DirectFile.Alignment);
            buffer.Pointer[length] = 77;
            file.Read(offset, buffer.Pointer, length);
            Assert.True(_content.AsSpan(offset).SequenceEqual(new ReadOnlySpan<byte>(buffer.Pointer, length)), $"from {offset} on");
            Assert.Equal(77, buffer.Pointer[length]);
            Assert.Throws<CheckpointException>(() => file.Read(offset, buffer.Pointer, length + 1));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4095, 2)]
    [InlineData(4097, 4096)]
    [InlineData(Length - 1, 1)]
    [InlineData(Length - 5000, 5000)]
    public void Window_HoldsWhatWasAskedFor(int offset, int length)
    {
        foreach (bool allowsDirect in new[] { true, false })
        {
            using DirectFile file = DirectFile.Open(FilePath, allowsDirect);
            using NativeBuffer window = new(DirectFile.WindowBytes(length), DirectFile.Alignment);
            Assert.True(_content.AsSpan(offset, length).SequenceEqual(file.Read(offset, length, window)));
        }
    }

    [Theory]
    [InlineData(true, Length - 10, 11)]
    [InlineData(false, Length - 10, 11)]
    [InlineData(true, Length, 1)]
    [InlineData(true, Length + 100_000, 1)]
    [InlineData(false, Length + 100_000, 1)]
    public void ReadBehindTheEnd_IsRefused(bool allowsDirect, int offset, int length)
    {
        using DirectFile file = DirectFile.Open(FilePath, allowsDirect);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => file.Read(offset, new byte[length]));
        Assert.StartsWith($"{FilePath}: ends at byte", exception.Message);
        Assert.Contains("more bytes there", exception.Message);
    }

    [Fact]
    public void FileThatBecameShorter_IsRefused()
    {
        using DirectFile file = DirectFile.Open(FilePath);
        using (FileStream stream = new(FilePath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(4096 + 10);
        }

        file.Read(4096, new byte[10]);
        Assert.Throws<CheckpointException>(() => file.Read(4096, new byte[11]));
    }

    [Fact]
    public void ReadOfNothing_ReadsNothing()
    {
        _folder.Write("empty", "");
        using DirectFile file = DirectFile.Open(_folder["empty"]);
        file.Read(0, []);
        Assert.Equal(0, file.Length);
    }

    [Fact]
    public void MissingFile_IsNamed() =>
        Assert.Contains("nowhere", Assert.Throws<FileNotFoundException>(() => DirectFile.Open(_folder["nowhere"])).Message);

    [Fact]
    public void SeveralThreads_ReadTheSameFile()
    {
        using DirectFile file = DirectFile.Open(FilePath);
        Parallel.For(0, 64, i =>
        {
            byte[] bytes = new byte[5000];
            file.Read(i * 12_345, bytes);
            Assert.True(_content.AsSpan(i * 12_345, bytes.Length).SequenceEqual(bytes));
        });
    }

    [Fact]
    public void Reading_AllocatesNothing()
    {
        using DirectFile file = DirectFile.Open(FilePath);
        byte[] bytes = new byte[100_000];
        file.Read(123, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            file.Read(123 + i, bytes);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    public void Dispose() => _folder.Dispose();
}
