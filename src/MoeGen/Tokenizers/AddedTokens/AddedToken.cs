namespace MoeGen.Tokenizers;

/// <summary>A token that is found in the text itself, before the pipeline cuts it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">It controls the model and is no part of what is said; decoding can leave it out.</param>
/// <param name="IsSingleWord">It is found only where no word character touches it.</param>
/// <param name="StripsLeft">It swallows the white space before it.</param>
/// <param name="StripsRight">It swallows the white space behind it.</param>
/// <param name="IsNormalized">It is looked for in the normalized text rather than in the text as given.</param>
internal sealed record AddedToken(
    int Id, string Content, bool IsSpecial, bool IsSingleWord, bool StripsLeft, bool StripsRight, bool IsNormalized);
