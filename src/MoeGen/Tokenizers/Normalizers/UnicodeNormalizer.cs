namespace MoeGen.Tokenizers;

/// <summary>Brings the text into a Unicode normalization form.</summary>
internal sealed class UnicodeNormalizer(UnicodeForm form) : Normalizer
{
    public override string Normalize(string text) => UnicodeNormalization.Normalize(text, form);
}
