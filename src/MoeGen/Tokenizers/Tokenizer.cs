using System.Buffers;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// Turns text into token ids and back, as the <c>tokenizer.json</c> of a model says: the pipeline of Hugging Face's tokenizers library,
/// whose version 0.23.2 the ids and texts are compared with.
/// </summary>
/// <remarks>Immutable and thread-safe; one instance serves any number of requests.</remarks>
public sealed class Tokenizer
{
    internal const string FileName = "tokenizer.json";

    private readonly AddedTokenSplitter _rawTokens;
    private readonly Normalizer? _normalizer;
    private readonly AddedTokenSplitter _normalizedTokens;
    private readonly PreTokenizer? _preTokenizer;
    private readonly TokenizerModel _model;
    private readonly TemplatePostProcessor _postProcessor;
    private readonly DecoderChain _decoder;
    private readonly TokenBytes _bytes;

    internal Tokenizer(
        TokenTable tokens,
        IReadOnlyList<AddedToken> addedTokens,
        Normalizer? normalizer,
        PreTokenizer? preTokenizer,
        TokenizerModel model,
        TemplatePostProcessor postProcessor,
        DecoderChain decoder)
    {
        Tokens = tokens;
        _rawTokens = new AddedTokenSplitter(addedTokens.Where(token => !token.IsNormalized).Select(token => (token.Content, token)));
        _normalizer = normalizer;
        _normalizedTokens = new AddedTokenSplitter(
            addedTokens.Where(token => token.IsNormalized).Select(token => (normalizer?.Normalize(token.Content) ?? token.Content, token)));
        _preTokenizer = preTokenizer;
        _model = model;
        _postProcessor = postProcessor;
        _decoder = decoder;
        DecodePlan = DecodePlan.TryCreate(decoder, tokens);
        _bytes = DecodePlan?.Later ?? new TokenBytes(tokens.Size, GetBytesAlone, decoder.Origin);

        byte[] GetBytesAlone(int id) => tokens.Find(id) is string token ? Encoding.UTF8.GetBytes(decoder.Decode([token])) : [];
    }

    /// <summary>The highest token id and one more; some ids below it may be unused.</summary>
    public int VocabularySize => Tokens.Size;

    internal TokenTable Tokens { get; }

    /// <summary>The decoder worked out per token; null when it must see the text as a whole.</summary>
    internal DecodePlan? DecodePlan { get; }

    /// <summary>Reads the tokenizer of a model.</summary>
    /// <param name="folder">
    /// Folder with a <c>tokenizer.json</c>. A <c>tokenizer_config.json</c> beside it counts when it names a Llama tokenizer class: then its
    /// <c>add_bos_token</c> and <c>add_eos_token</c> take the place of the post-processor.
    /// </param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="TokenizerFormatException">A file is missing, damaged or uses a construct that is not supported.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Tokenizer Load(string folder) => TokenizerReader.Read(folder);

    /// <summary>Encodes a text.</summary>
    /// <param name="text">
    /// Any text. Added tokens in it, special ones too, are recognised: escape or reject them before if the text is not trusted. Halves of
    /// surrogate pairs count as U+FFFD.
    /// </param>
    /// <param name="addSpecialTokens">Adds what the model wants around a text, such as a token for its beginning.</param>
    /// <returns>The token ids.</returns>
    /// <exception cref="TokenizerFormatException">A pattern of the tokenizer takes unreasonably long on this text.</exception>
    public int[] Encode(string text, bool addSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        Encoder encoder = new(this);
        if (addSpecialTokens)
        {
            encoder.Ids.AddRange(_postProcessor.Prefix);
        }

        encoder.Encode(WithoutLoneSurrogates(text));
        if (addSpecialTokens)
        {
            encoder.Ids.AddRange(_postProcessor.Suffix);
        }

        return [.. encoder.Ids];
    }

    /// <summary>Decodes tokens to text.</summary>
    /// <param name="ids">The token ids.</param>
    /// <param name="skipSpecialTokens">Leaves special tokens out.</param>
    /// <returns>The text; bytes that are not valid UTF-8 become U+FFFD.</returns>
    /// <exception cref="UnknownTokenException">No token has one of the ids.</exception>
    /// <exception cref="TokenizerFormatException">The decoder makes the text unreasonably long.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        StreamingDetokenizer detokenizer = new(this, skipSpecialTokens);
        ArrayBufferWriter<byte> text = new();
        foreach (int id in ids)
        {
            text.Write(detokenizer.Append(id));
        }

        text.Write(detokenizer.Flush());
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>Finds the id of a token.</summary>
    /// <param name="token">The token as tokenizer.json writes it: for a special token its text, for others in the byte alphabet.</param>
    /// <param name="id">The id; 0 when there is no such token.</param>
    /// <returns>Whether there is such a token.</returns>
    public bool TryGetId(string token, out int id)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Tokens.TryGetId(token, out id);
    }

    /// <summary>Whether there is a token of an id. Models may have more rows in their embedding than the tokenizer has tokens.</summary>
    /// <param name="id">Any number.</param>
    public bool Contains(int id) => Tokens.Contains(id);

    /// <summary>Tells whether a token controls the model and is no part of what is said.</summary>
    /// <param name="id">Any number; one that is no token id is not special.</param>
    /// <returns>True for added tokens that the file marks as special.</returns>
    public bool IsSpecial(int id) => Tokens.IsSpecial(id);

    /// <summary>Returns the bytes that a token adds to a text when others are before it; they may be part of a character only.</summary>
    /// <param name="id">The token.</param>
    /// <returns>UTF-8, or a part of it; a view of the tokenizer's memory.</returns>
    /// <exception cref="UnknownTokenException">No token has this id.</exception>
    /// <remarks>
    /// Allocates nothing. For a byte-level vocabulary the bytes are those for which the characters of the token stand; a token with a
    /// character outside the byte alphabet, as added tokens may have, adds its text. A token such as <c>&lt;0x0A&gt;</c> is one byte where
    /// the decoder has byte fallback. Put together, the bytes of a sequence need not be its text: a decoder may treat the first token
    /// differently and removes spaces at the start; <see cref="StreamingDetokenizer"/> does all that.
    /// </remarks>
    public ReadOnlySpan<byte> GetBytes(int id)
    {
        Tokens.Require(id);
        return _bytes[id];
    }

    /// <summary>Decodes tokens that exist and are not left out, all at once.</summary>
    internal string DecodeWhole(List<int> ids) => _decoder.Decode(ids.ConvertAll(id => Tokens.Find(id)!));

    private static string WithoutLoneSurrogates(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        StringBuilder valid = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            valid.Append(rune.ToString());
        }

        return valid.ToString();
    }

    // the scratch of one call
    private readonly struct Encoder(Tokenizer tokenizer)
    {
        private readonly List<TextSegment> _segments = [];
        private readonly List<TextSegment> _normalizedSegments = [];
        private readonly PieceList _pieces = new();
        private readonly ModelScratch _scratch = new();

        public List<int> Ids { get; } = [];

        // added tokens that stand in the text as given come first; what is between them is normalized
        public void Encode(string text)
        {
            tokenizer._rawTokens.Split(text, _segments);
            foreach ((TextRange range, int? tokenId) in _segments)
            {
                if (tokenId is int id)
                {
                    Ids.Add(id);
                }
                else
                {
                    EncodePart(text.Substring(range.Start, range.Length), isAtStart: range.Start == 0);
                }
            }
        }

        private void EncodePart(string part, bool isAtStart)
        {
            int numLeading = !isAtStart ? 0 : char.IsHighSurrogate(part[0]) ? 2 : 1;
            string normalized = tokenizer._normalizer?.Normalize(part, ref numLeading) ?? part;
            EncodeNormalized(normalized, numLeading);
        }

        private void EncodeNormalized(ReadOnlySpan<char> text, int numLeading)
        {
            _normalizedSegments.Clear();
            tokenizer._normalizedTokens.Split(text, _normalizedSegments);
            foreach ((TextRange range, int? tokenId) in _normalizedSegments)
            {
                if (tokenId is int id)
                {
                    Ids.Add(id);
                }
                else
                {
                    EncodeText(text.Slice(range.Start, range.Length), Math.Clamp(numLeading - range.Start, 0, range.Length));
                }
            }
        }

        private void EncodeText(ReadOnlySpan<char> text, int numLeading)
        {
            _pieces.Reset(text, numLeading);
            tokenizer._preTokenizer?.Apply(_pieces);
            for (int i = 0; i < _pieces.Count; i++)
            {
                tokenizer._model.Encode(_pieces[i], _scratch, Ids);
            }
        }
    }
}
