namespace MoeGen.Tokenizers;

/// <summary>What the bytes of tokens are before they are text.</summary>
internal enum ByteMeaning
{
    /// <summary>Whole characters.</summary>
    Text,

    /// <summary>Parts of characters, in any token; what does not fit is replaced.</summary>
    ByteLevel,

    /// <summary>Whole characters, but for tokens of one byte each; if one byte of a run does not fit, all of them are replaced.</summary>
    ByteFallback,
}
