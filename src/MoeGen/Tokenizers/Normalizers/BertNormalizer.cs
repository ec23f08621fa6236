using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>The steps that BERT takes before it cuts a text, each with its switch.</summary>
/// <remarks>Source: Devlin et al., BERT, 2018; BasicTokenizer of its published code, as the Rust library has it.</remarks>
internal static class BertNormalizer
{
    /// <summary>Returns the steps in their order.</summary>
    /// <param name="cleansText">Removes control characters and makes every white space a space.</param>
    /// <param name="separatesChinese">Puts spaces around Chinese characters.</param>
    /// <param name="stripsAccents">Decomposes and removes accents.</param>
    /// <param name="lowercases">Lower-cases.</param>
    /// <param name="origin">File and JSON path, for errors.</param>
    public static Normalizer Create(bool cleansText, bool separatesChinese, bool stripsAccents, bool lowercases, string origin)
    {
        List<Normalizer> steps = [];
        if (cleansText)
        {
            steps.Add(new CleanStep());
        }

        if (separatesChinese)
        {
            steps.Add(new ChineseStep());
        }

        if (stripsAccents)
        {
            steps.Add(new UnicodeNormalizer(UnicodeForm.Nfd));
            steps.Add(new AccentStep());
        }

        if (lowercases)
        {
            steps.Add(new LowercaseNormalizer());
        }

        return new SequenceNormalizer(steps, origin);
    }

    private sealed class CleanStep : RuneNormalizer
    {
        protected override void Write(Rune rune, StringBuilder output)
        {
            if (!(rune.Value is 0 or 0xFFFD || CodePoints.IsInvisible(rune)))
            {
                output.AppendRune(Rune.IsWhiteSpace(rune) ? new Rune(' ') : rune);
            }
        }
    }

    private sealed class ChineseStep : RuneNormalizer
    {
        protected override void Write(Rune rune, StringBuilder output)
        {
            if (CodePoints.IsChinese(rune))
            {
                output.Append(' ').AppendRune(rune).Append(' ');
            }
            else
            {
                output.AppendRune(rune);
            }
        }
    }

    private sealed class AccentStep : RuneNormalizer
    {
        protected override void Write(Rune rune, StringBuilder output)
        {
            if (!CodePoints.IsNonSpacingMark(rune))
            {
                output.AppendRune(rune);
            }
        }
    }
}
