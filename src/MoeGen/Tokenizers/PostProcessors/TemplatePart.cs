namespace MoeGen.Tokenizers;

/// <summary>A part of what post-processors make: the text with tokens around it, or tokens alone.</summary>
/// <param name="Prefix">Tokens before the text; without a text, all tokens.</param>
/// <param name="HasText">Whether the text is in this part.</param>
/// <param name="Suffix">Tokens behind the text.</param>
internal sealed record TemplatePart(int[] Prefix, bool HasText, int[] Suffix)
{
    /// <summary>The text alone.</summary>
    public static TemplatePart Text { get; } = new([], true, []);

    /// <summary>Tokens alone.</summary>
    public static TemplatePart Of(int[] tokens) => new(tokens, false, []);

    /// <summary>Puts tokens around.</summary>
    public TemplatePart Within(int[] before, int[] behind) => HasText
        ? new TemplatePart([.. before, .. Prefix], true, [.. Suffix, .. behind])
        : Of([.. before, .. Prefix, .. behind]);
}
