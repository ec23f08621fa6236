namespace MoeGen.Planning;

/// <summary>Texts that a model is watched on.</summary>
/// <param name="Fit">What the planner learns from, [texts][tokens], each longer than the prompt.</param>
/// <param name="HeldOut">What it has not seen, for comparisons.</param>
/// <param name="PromptLength">Tokens of each text that are read at once; what follows is decoded.</param>
internal sealed record PlanTexts(int[][] Fit, int[][] HeldOut, int PromptLength);
