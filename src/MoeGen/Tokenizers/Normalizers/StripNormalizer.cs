namespace MoeGen.Tokenizers;

/// <summary>Removes white space at the ends of the text.</summary>
internal sealed class StripNormalizer(bool stripsLeft, bool stripsRight) : Normalizer
{
    public override string Normalize(string text, ref int numLeading)
    {
        int start = stripsLeft ? text.Length - text.AsSpan().TrimStart().Length : 0;
        int end = Math.Max(start, stripsRight ? text.AsSpan().TrimEnd().Length : text.Length);
        numLeading = Math.Clamp(numLeading - start, 0, end - start);
        return text[start..end];
    }
}
