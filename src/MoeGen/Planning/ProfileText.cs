namespace MoeGen.Planning;

/// <summary>A text of a profile, and what the exact model makes of it.</summary>
/// <param name="Tokens">Ids, the prompt first.</param>
/// <param name="PromptLength">Tokens of the prompt.</param>
/// <param name="Best">The token that the exact model finds most probable after the prompt and after every decoded token but the last.</param>
internal sealed record ProfileText(int[] Tokens, int PromptLength, int[] Best);
