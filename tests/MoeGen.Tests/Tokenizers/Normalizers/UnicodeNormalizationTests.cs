using System.Text;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Normalizers;

public class UnicodeNormalizationTests
{
    // rows: text, NFC, NFD, NFKC, NFKD; checked against the Rust library and Python's unicodedata
    public static TheoryData<string, string, string, string, string> Forms => new()
    {
        { "", "", "", "", "" },
        { "abc", "abc", "abc", "abc", "abc" },
        { "é", "é", "e\u0301", "é", "e\u0301" },
        { "e\u0301", "é", "e\u0301", "é", "e\u0301" },
        { "\u1ED1", "\u1ED1", "o\u0302\u0301", "\u1ED1", "o\u0302\u0301" }, // two steps
        { "\u212B", "\u00C5", "A\u030A", "\u00C5", "A\u030A" }, // angstrom: a singleton never comes back
        { "a\u0301\u0327", "\u00E1\u0327", "a\u0327\u0301", "\u00E1\u0327", "a\u0327\u0301" }, // marks change places
        { "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307" },
        { "q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307", "q\u0323\u0307" },
        { "a\u0305\u0301", "a\u0305\u0301", "a\u0305\u0301", "a\u0305\u0301", "a\u0305\u0301" }, // an equal class blocks
        { "\u0301e", "\u0301e", "\u0301e", "\u0301e", "\u0301e" }, // no starter before the mark
        { "\u0344", "\u0308\u0301", "\u0308\u0301", "\u0308\u0301", "\u0308\u0301" }, // excluded from composition
        { "\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C" }, // excluded from composition
        { "\uAC01", "\uAC01", "\u1100\u1161\u11A8", "\uAC01", "\u1100\u1161\u11A8" },
        { "\u1100\u1161", "\uAC00", "\u1100\u1161", "\uAC00", "\u1100\u1161" },
        { "\uAC00\u11A8", "\uAC01", "\u1100\u1161\u11A8", "\uAC01", "\u1100\u1161\u11A8" },
        { "\uAC01\u11A8", "\uAC01\u11A8", "\u1100\u1161\u11A8\u11A8", "\uAC01\u11A8", "\u1100\u1161\u11A8\u11A8" },
        { "ﬁ ² ①", "ﬁ ² ①", "ﬁ ² ①", "fi 2 1", "fi 2 1" },
        { "\uFF76\uFF9E", "\uFF76\uFF9E", "\uFF76\uFF9E", "\u30AC", "\u30AB\u3099" },
        { "\uFDFA", "\uFDFA", "\uFDFA", "صلى الله عليه وسلم", "صلى الله عليه وسلم" },
        { "\u1FDD", "\u1FDD", "\u1FFE\u0300", " \u0314\u0300", " \u0314\u0300" }, // a part of it is no canonical one
        { "𝒳🙂", "𝒳🙂", "𝒳🙂", "X🙂", "X🙂" },
        { "\U0002F800", "\u4E3D", "\u4E3D", "\u4E3D", "\u4E3D" },
        { "\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165" },
        { "\U00011099\U000110BA", "\U0001109A", "\U00011099\U000110BA", "\U0001109A", "\U00011099\U000110BA" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Normalize_MakesAllForms(string text, string nfc, string nfd, string nfkc, string nfkd)
    {
        Assert.Equal(nfc, UnicodeNormalization.Normalize(text, UnicodeForm.Nfc));
        Assert.Equal(nfd, UnicodeNormalization.Normalize(text, UnicodeForm.Nfd));
        Assert.Equal(nfkc, UnicodeNormalization.Normalize(text, UnicodeForm.Nfkc));
        Assert.Equal(nfkd, UnicodeNormalization.Normalize(text, UnicodeForm.Nfkd));
    }

    [Fact]
    public void Normalize_ReturnsSettledTextItself()
    {
        string text = "Été, 中文, 한글 and 🙂: all composed.";

        Assert.Same(text, UnicodeNormalization.Normalize(text, UnicodeForm.Nfc));
    }

    [Fact]
    public void Normalize_KeepsTheLawsOfTheForms()
    {
        // the annex demands: forms are stable, and composing forgets how the text was composed before
        Random random = new(15);
        for (int round = 0; round < 5000; round++)
        {
            string text = MakeText(random);
            string nfc = UnicodeNormalization.Normalize(text, UnicodeForm.Nfc);
            string nfd = UnicodeNormalization.Normalize(text, UnicodeForm.Nfd);

            Assert.Equal(nfc, UnicodeNormalization.Normalize(nfc, UnicodeForm.Nfc));
            Assert.Equal(nfd, UnicodeNormalization.Normalize(nfd, UnicodeForm.Nfd));
            Assert.Equal(nfc, UnicodeNormalization.Normalize(nfd, UnicodeForm.Nfc));
            Assert.Equal(nfd, UnicodeNormalization.Normalize(nfc, UnicodeForm.Nfd));
            Assert.Equal(
                UnicodeNormalization.Normalize(text, UnicodeForm.Nfkd),
                UnicodeNormalization.Normalize(UnicodeNormalization.Normalize(text, UnicodeForm.Nfkc), UnicodeForm.Nfkd));
        }
    }

    [Fact]
    public void Normalize_OrdersManyMarksQuickly()
    {
        // 100 000 marks of alternating classes behind one letter: a quadratic sort would take minutes
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0327", 50_000));

        string nfd = UnicodeNormalization.Normalize("x" + marks, UnicodeForm.Nfd);

        Assert.Equal("x" + new string('\u0327', 50_000) + new string('\u0301', 50_000), nfd);
    }

    private static string MakeText(Random random)
    {
        StringBuilder text = new();
        for (int length = random.Next(12); length > 0; length--)
        {
            int code = random.Next(6) switch
            {
                0 => random.Next(0x300, 0x370), // marks
                1 => random.Next(0x1100, 0x1200), // Hangul letters
                2 => random.Next(0xAC00, 0xD7A4), // Hangul syllables
                3 => random.Next(0x20, 0x250), // Latin
                4 => random.Next(0x11000, 0x11400), // supplementary Indic scripts
                _ => random.Next(0xF900, 0x10000), // compatibility characters
            };
            text.Append(new Rune(code).ToString());
        }

        return text.ToString();
    }
}
