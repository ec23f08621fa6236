namespace MoeGen.Tokenizers;

/// <summary>The switches of a BPE model.</summary>
/// <param name="UnknownId">The token for characters that the vocabulary lacks; null to leave them out.</param>
/// <param name="FusesUnknown">A run of such characters is one unknown token.</param>
/// <param name="IgnoresMerges">A word that is a token is not put together by merges.</param>
internal sealed record BytePairOptions(int? UnknownId, bool FusesUnknown, bool IgnoresMerges);
