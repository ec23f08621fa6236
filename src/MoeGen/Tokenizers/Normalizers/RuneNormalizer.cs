using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>A normalizer that looks at one code point at a time.</summary>
internal abstract class RuneNormalizer : Normalizer
{
    public sealed override string Normalize(string text, ref int numLeading)
    {
        StringBuilder output = new(text.Length);
        LeadingChars leading = new(numLeading);
        int start = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = output.Length;
            Write(rune, output);
            leading.Replace(start, output.Length - length);
            start += rune.Utf16SequenceLength;
        }

        numLeading = leading.Count;
        return output.ToString();
    }

    /// <summary>Appends what becomes of a code point; nothing removes it.</summary>
    protected abstract void Write(Rune rune, StringBuilder output);
}
