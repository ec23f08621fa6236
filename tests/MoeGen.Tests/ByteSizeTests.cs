namespace MoeGen.Tests;

public class ByteSizeTests
{
    [Theory]
    [InlineData("3GiB", 3L << 30)]
    [InlineData("1.5 gib", 3L << 29)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("800MB", 800_000_000)]
    [InlineData("2k", 2048)]
    [InlineData("42", 42)]
    [InlineData("42 B", 42)]
    public void TryParse_ReadsUnits(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out ByteSize size));
        Assert.Equal(bytes, size.Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-3GiB")]
    [InlineData("3 apples")]
    [InlineData("1e3")]
    [InlineData("99999999999GiB")]
    [InlineData("1.2.3GiB")]
    public void TryParse_RefusesTheRest(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.50 KiB")]
    [InlineData(110592, "108 KiB")]
    [InlineData(13271040, "12.7 MiB")]
    [InlineData(3L << 30, "3.00 GiB")]
    public void ToString_HasThreeDigits(long bytes, string expected) => Assert.Equal(expected, new ByteSize(bytes).ToString());
}
