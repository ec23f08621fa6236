namespace MoeGen.Tokenizers;

/// <summary>The switches of a BPE model.</summary>
/// <param name="Unknown">The token for characters that the vocabulary lacks; null to leave them out.</param>
/// <param name="FusesUnknown">A run of such characters is one unknown token.</param>
/// <param name="Bytes">Spell such characters; null when the model has no byte fallback.</param>
/// <param name="IgnoresMerges">A word that is a token is not put together by merges.</param>
/// <param name="Prefix">Marks the tokens of all characters of a word but the first; may be empty.</param>
/// <param name="Suffix">Marks the token of the last character of a word; may be empty.</param>
internal sealed record BytePairOptions(
    UnknownToken? Unknown, bool FusesUnknown, ByteTokens? Bytes, bool IgnoresMerges, string Prefix, string Suffix);
