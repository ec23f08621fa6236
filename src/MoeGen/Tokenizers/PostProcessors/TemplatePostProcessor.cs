namespace MoeGen.Tokenizers;

/// <summary>Tells which tokens stand before and behind a text that is encoded with special tokens.</summary>
/// <param name="Prefix">Tokens before the text.</param>
/// <param name="Suffix">Tokens behind the text.</param>
internal sealed record TemplatePostProcessor(int[] Prefix, int[] Suffix)
{
    /// <summary>Adds nothing.</summary>
    public static TemplatePostProcessor None { get; } = new([], []);
}
