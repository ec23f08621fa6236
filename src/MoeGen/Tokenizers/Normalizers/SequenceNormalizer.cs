namespace MoeGen.Tokenizers;

/// <summary>Applies normalizers one after the other.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<Normalizer> normalizers, string origin) : Normalizer
{
    // a hostile file can let every step multiply the text; real ones at most triple it
    private const int MaxGrowth = 32;
    private const int MinLimit = 1 << 20;

    public override string Normalize(string text, ref int numLeading)
    {
        long limit = Math.Max((long)text.Length * MaxGrowth, MinLimit);
        string current = text;
        foreach (Normalizer normalizer in normalizers)
        {
            current = normalizer.Normalize(current, ref numLeading);
            if (current.Length > limit)
            {
                throw new TokenizerFormatException(
                    $"{origin} makes {text.Length} characters more than {limit}; supported is up to {MaxGrowth} times the length");
            }
        }

        return current;
    }
}
