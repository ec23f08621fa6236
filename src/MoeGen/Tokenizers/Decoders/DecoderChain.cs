namespace MoeGen.Tokenizers;

/// <summary>Applies the steps of a decoder.</summary>
/// <param name="steps">The steps in their order.</param>
/// <param name="origin">File and JSON path, for errors.</param>
internal sealed class DecoderChain(IReadOnlyList<Decoder> steps, string origin)
{
    // a hostile file can let every step multiply the text; real ones do not make it longer
    private const int MaxGrowth = 32;
    private const int MinLimit = 1 << 16;

    public IReadOnlyList<Decoder> Steps => steps;

    /// <summary>File and JSON path, for errors.</summary>
    public string Origin => origin;

    /// <summary>Returns the text of a sequence.</summary>
    /// <param name="tokens">The tokens as the vocabulary writes them.</param>
    /// <exception cref="TokenizerFormatException">A step makes the text unreasonably long.</exception>
    public string Decode(List<string> tokens)
    {
        long length = tokens.Sum(token => (long)token.Length);
        List<string> decoded = tokens;
        foreach (Decoder step in steps)
        {
            decoded = step.Decode(decoded);
            RequireLength(decoded.Sum(token => (long)token.Length), length + tokens.Count);
        }

        return string.Concat(decoded);
    }

    /// <summary>Returns what becomes of a token in the first steps, which are all <see cref="TokenDecoder"/>.</summary>
    /// <exception cref="TokenizerFormatException">A step makes the token unreasonably long.</exception>
    public string DecodeToken(string token, bool isFirst, int numSteps)
    {
        string decoded = token;
        for (int i = 0; i < numSteps; i++)
        {
            decoded = ((TokenDecoder)steps[i]).Decode(decoded, isFirst);
            RequireLength(decoded.Length, token.Length);
        }

        return decoded;
    }

    private void RequireLength(long length, long lengthBefore)
    {
        long limit = Math.Max(MinLimit, MaxGrowth * lengthBefore);
        if (length > limit)
        {
            throw new TokenizerFormatException(
                $"{origin} makes tokens longer than {limit} characters; supported is up to {MaxGrowth} times their length");
        }
    }
}
