using System.Text;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class XxHash64Tests
{
    // published vectors of XXH64 with seed 0, e.g. those of the xxhash crate and of python-xxhash
    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    [InlineData("Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1)]
    public void Checksum_IsThePublishedOne(string text, ulong expected) =>
        Assert.Equal(expected, XxHash64.Of(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void EveryBit_ChangesTheChecksum()
    {
        byte[] data = new byte[77]; // stripes, words, half a word and bytes
        HashSet<ulong> checksums = [XxHash64.Of(data)];
        for (int bit = 0; bit < data.Length * 8; bit++)
        {
            data[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(checksums.Add(XxHash64.Of(data)), $"bit {bit}");
            data[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }
}
