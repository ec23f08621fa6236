using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Lower-cases code point by code point, without regard to language or to the letters around.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    public override string Normalize(string text)
    {
        StringBuilder lower = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            // U+0130 is the one code point whose lower case is two: i and a dot above
            lower.Append(rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString());
        }

        return lower.ToString();
    }
}
