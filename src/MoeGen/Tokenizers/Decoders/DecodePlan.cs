using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// A decoder worked out for every token in advance: the bytes that a token adds as the first and as a later one, what joins them, and
/// what is removed at the start of the text. Then decoding needs no strings. Immutable.
/// </summary>
internal sealed class DecodePlan
{
    private readonly HashSet<int> _byteIds;

    private DecodePlan(ByteMeaning meaning, TokenBytes first, TokenBytes later, HashSet<int> byteIds, StripDecoder? strip)
    {
        _byteIds = byteIds;
        Meaning = meaning;
        First = first;
        Later = later;
        StrippedText = strip is null ? [] : Encoding.UTF8.GetBytes(strip.Content.ToString());
        MaxStripped = strip?.Start ?? 0;
    }

    /// <summary>What the bytes are.</summary>
    public ByteMeaning Meaning { get; }

    /// <summary>The bytes that a token adds when it is the first.</summary>
    public TokenBytes First { get; }

    /// <summary>The bytes that a token adds when others are before it.</summary>
    public TokenBytes Later { get; }

    /// <summary>UTF-8 of the character that is removed at the start of the text.</summary>
    public byte[] StrippedText { get; }

    /// <summary>At most how many of them are removed.</summary>
    public int MaxStripped { get; }

    /// <summary>Whether a token stands for one byte; none does but with <see cref="ByteMeaning.ByteFallback"/>.</summary>
    public bool IsByte(int id) => _byteIds.Contains(id);

    /// <summary>Works a decoder out.</summary>
    /// <returns>The plan; null when the decoder looks at more than a token and whether it is the first.</returns>
    /// <exception cref="TokenizerFormatException">A token becomes unreasonably long.</exception>
    public static DecodePlan? TryCreate(DecoderChain decoder, TokenTable tokens)
    {
        // steps for each token; then at most one that joins bytes; then the text as a whole, of which the start can be stripped
        int numTokenSteps = decoder.Steps.TakeWhile(step => step is TokenDecoder).Count();
        ByteMeaning meaning = decoder.Steps.ElementAtOrDefault(numTokenSteps) switch
        {
            ByteLevelDecoder => ByteMeaning.ByteLevel,
            ByteFallbackDecoder => ByteMeaning.ByteFallback,
            _ => ByteMeaning.Text,
        };
        List<Decoder> textSteps = [.. decoder.Steps.Skip(numTokenSteps + (meaning == ByteMeaning.Text ? 0 : 1))];
        if (!StripsStartOnly(textSteps, isOneText: meaning == ByteMeaning.ByteLevel))
        {
            return null;
        }

        HashSet<int> byteIds = [];
        if (meaning == ByteMeaning.ByteFallback)
        {
            byteIds = FindBytes(isFirst: false);
            if (!byteIds.SetEquals(FindBytes(isFirst: true)))
            {
                return null;
            }
        }

        bool isAlike = decoder.Steps.Take(numTokenSteps).All(step => step is ReplaceDecoder or StripDecoder);
        TokenBytes later = new(tokens.Size, id => GetBytes(id, isFirst: false), decoder.Origin);
        TokenBytes first = isAlike ? later : new TokenBytes(tokens.Size, id => GetBytes(id, isFirst: true), decoder.Origin);
        return new DecodePlan(meaning, first, later, byteIds, textSteps.OfType<StripDecoder>().FirstOrDefault());

        HashSet<int> FindBytes(bool isFirst) =>
            [.. Enumerable.Range(0, tokens.Size).Where(id => ByteFallbackDecoder.FindByte(GetText(id, isFirst)) >= 0)];

        byte[] GetBytes(int id, bool isFirst)
        {
            string text = GetText(id, isFirst);
            return meaning == ByteMeaning.ByteLevel ? ByteLevelDecoder.GetBytes(text)
                : byteIds.Contains(id) ? [(byte)ByteFallbackDecoder.FindByte(text)]
                : Encoding.UTF8.GetBytes(text);
        }

        string GetText(int id, bool isFirst) =>
            tokens.Find(id) is string token ? decoder.DecodeToken(token, isFirst, numTokenSteps) : "";
    }

    private static bool StripsStartOnly(List<Decoder> steps, bool isOneText)
    {
        bool isStripped = false;
        foreach (Decoder step in steps)
        {
            switch (step)
            {
                case FuseDecoder:
                    isOneText = true;
                    break;
                case StripDecoder { Stop: 0 } when isOneText && !isStripped:
                    isStripped = true;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
