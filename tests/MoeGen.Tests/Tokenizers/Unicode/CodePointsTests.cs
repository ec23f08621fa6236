using System.Text;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Unicode;

/// <summary>What the Rust library, 0.23.2, says of single code points, where .NET says otherwise or the library is special.</summary>
public class CodePointsTests
{
    [Theory]
    [InlineData('$', true)] // ASCII punctuation that Unicode counts as symbol
    [InlineData('«', true)]
    [InlineData('°', false)]
    [InlineData(0x2E42, true)]
    [InlineData(0x2E43, false)] // came with Unicode 9
    public void IsPunctuation_IsThatOfUnicode8(int code, bool expected) => Assert.Equal(expected, CodePoints.IsPunctuation(new Rune(code)));

    [Theory]
    [InlineData(0x0301, true)]
    [InlineData(0x0903, true)] // spacing
    [InlineData(0x1ABF, false)] // came with Unicode 13
    public void IsMark_IsThatOfUnicode9(int code, bool expected) => Assert.Equal(expected, CodePoints.IsMark(new Rune(code)));

    [Theory]
    [InlineData(0x0301, true)]
    [InlineData(0x0903, false)]
    public void IsNonSpacingMark_LeavesSpacingMarks(int code, bool expected) =>
        Assert.Equal(expected, CodePoints.IsNonSpacingMark(new Rune(code)));

    [Theory]
    [InlineData('\u0001', true)]
    [InlineData('\t', false)]
    [InlineData(0x200B, true)]
    [InlineData(0xE000, true)]
    [InlineData(0x0378, false)] // unassigned
    public void IsInvisible_IsControlFormatAndPrivateUse(int code, bool expected) =>
        Assert.Equal(expected, CodePoints.IsInvisible(new Rune(code)));

    [Theory]
    [InlineData('A', 'a')]
    [InlineData(0x10400, 0x10428)]
    [InlineData(0xA7DC, 0x019B)]
    [InlineData(0x16EA0, 0x16EBB)]
    [InlineData('1', '1')]
    public void ToLower_IsThatOfUnicode17(int code, int lower) => Assert.Equal(lower, CodePoints.ToLower(new Rune(code)).Value);

    [Fact]
    public void Scripts_CountKanaAsHan()
    {
        Assert.Equal(Scripts.Find(new Rune('中')), Scripts.Find(new Rune('ひ')));
        Assert.Equal(Scripts.Find(new Rune('中')), Scripts.Find(new Rune('ー')));
        Assert.NotEqual(Scripts.Find(new Rune('a')), Scripts.Find(new Rune('д')));
        Assert.Equal(Scripts.Any, Scripts.Find(new Rune(' ')));
    }
}
