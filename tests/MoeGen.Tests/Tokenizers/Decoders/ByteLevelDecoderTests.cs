using System.Text;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Decoders;

public class ByteLevelDecoderTests
{
    [Fact]
    public void Characters_AreAllDifferentAndStandForTheirByte()
    {
        Assert.Equal(256, ByteLevelAlphabet.Characters.ToArray().Distinct().Count());
        for (int b = 0; b < 256; b++)
        {
            Assert.Equal(b, ByteLevelAlphabet.FindByte(ByteLevelAlphabet.Characters[b]));
        }

        Assert.Equal('Ġ', ByteLevelAlphabet.Characters[' ']);
        Assert.Equal('Ċ', ByteLevelAlphabet.Characters['\n']);
        Assert.Equal('Ń', ByteLevelAlphabet.Characters[0xAD]); // the last of the shifted ones
        Assert.Equal(-1, ByteLevelAlphabet.FindByte(' '));
        Assert.Equal(-1, ByteLevelAlphabet.FindByte('漢'));
    }

    [Theory]
    [InlineData("Ġhello", " hello")]
    [InlineData("ðŁĻĤ", "🙂")]
    [InlineData("", "")]
    [InlineData("<|im_start|>", "<|im_start|>")]
    [InlineData("a b", "a b")] // a space stands for no byte: the token is its own text
    [InlineData("<｜User｜>", "<｜User｜>")]
    [InlineData("é ü", "é ü")]
    public void GetBytes_UndoesTheAlphabetOrTakesTheText(string token, string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(ByteLevelDecoder.GetBytes(token)));

    [Fact]
    public void GetBytes_TakesAddedLettersForBytesAsTheRustLibraryDoes() => Assert.Equal([0xFC], ByteLevelDecoder.GetBytes("ü"));

    [Theory]
    [InlineData("""{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}""")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "ByteLevel"}, {"type": "Fuse"}]}""")]
    public void Load_TakesByteLevelAloneOrFirst(string decoder) =>
        Assert.Equal("é", TinyTokenizer.Load(TinyTokenizer.Json().With("decoder", decoder)).Decode([0xC3, 0xA9]));
}
