namespace MoeGen.Cli.Evaluation;

/// <summary>How much of each text is looked at.</summary>
/// <param name="PromptTokens">Tokens of a window, or of a prompt to continue, that are read before the first one is foreseen.</param>
/// <param name="Tokens">Most tokens of a text that are foreseen.</param>
/// <param name="Continuations">Prompts of each text that are continued.</param>
/// <param name="ContinuationTokens">Tokens of a continuation.</param>
internal sealed record EvaluationSettings(int PromptTokens, int Tokens, int Continuations, int ContinuationTokens);
