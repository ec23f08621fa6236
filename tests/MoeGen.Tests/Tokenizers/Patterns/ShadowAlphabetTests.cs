using System.Globalization;
using System.Text;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Patterns;

public class ShadowAlphabetTests
{
    [Fact]
    public void Cast_KeepsTheCategoryOfEveryCodePoint()
    {
        ShadowAlphabet alphabet = new([new TextRange('A', 26), new TextRange(0xFF00, 0x100)], new SupplementaryMembers([], "file"), usesHan: false, "file");
        char[] shadow = new char[2];
        for (int code = 0x10000; code <= 0x10FFFF; code += 7)
        {
            Assert.Equal(1, alphabet.Cast(new Rune(code).ToString(), shadow));
            Assert.Equal(Rune.GetUnicodeCategory(new Rune(code)), CharUnicodeInfo.GetUnicodeCategory(shadow[0]));
            Assert.False(shadow[0] is (>= 'A' and <= 'Z') or (>= '\uFF00' and <= '\uFFFF'));
        }
    }

    [Fact]
    public void Cast_LeavesOtherTextAsItIs()
    {
        ShadowAlphabet alphabet = new([], new SupplementaryMembers([], "file"), usesHan: false, "file");
        char[] shadow = new char[8];

        int length = alphabet.Cast("a🙂é漢", shadow);

        Assert.Equal(4, length);
        Assert.Equal('a', shadow[0]);
        Assert.Equal("é漢", shadow.AsSpan(2, 2).ToString());
    }

    [Fact]
    public void Constructor_NeedsOneFreeCharacterPerCategory() =>
        Assert.Throws<TokenizerFormatException>(() => new ShadowAlphabet([new TextRange(0xE000, 0x1900)], new SupplementaryMembers([], "file"), usesHan: false, "file"));
}
