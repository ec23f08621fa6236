namespace MoeGen.Tokenizers;

/// <summary>Brings the text into a Unicode normalization form.</summary>
internal sealed class UnicodeNormalizer(UnicodeForm form) : Normalizer
{
    public override string Normalize(string text, ref int numLeading)
    {
        string normalized = UnicodeNormalization.Normalize(text, form);
        if (numLeading > 0 && !ReferenceEquals(normalized, text))
        {
            // what comes of the first characters alone; marks that join them stem from them as well
            int numAlone = UnicodeNormalization.Normalize(text[..Math.Min(numLeading, text.Length)], form).Length;
            numLeading = Math.Min(numAlone, normalized.Length);
        }

        return normalized;
    }
}
