namespace MoeGen.Tokenizers;

/// <summary>A part of a text between added tokens, or an added token in it.</summary>
/// <param name="Range">The part; for a token, with the white space that it swallows.</param>
/// <param name="TokenId">The added token; null for text.</param>
internal readonly record struct TextSegment(TextRange Range, int? TokenId);
