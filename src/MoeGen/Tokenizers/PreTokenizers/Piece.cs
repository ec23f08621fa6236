namespace MoeGen.Tokenizers;

/// <summary>A piece of a text that pre-tokenizers cut and rewrite.</summary>
/// <param name="Range">Where it stands.</param>
/// <param name="NumLeading">
/// How many chars at its start stem from the first character of the text as given; 0 for all pieces but the first, as a rule.
/// </param>
internal readonly record struct Piece(TextRange Range, int NumLeading);
