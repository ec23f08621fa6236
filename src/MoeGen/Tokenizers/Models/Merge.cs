namespace MoeGen.Tokenizers;

/// <summary>What becomes of two tokens that join.</summary>
/// <param name="Rank">Place in the list of merges; the lowest goes first.</param>
/// <param name="Id">The token that the two become.</param>
internal readonly record struct Merge(int Rank, int Id);
