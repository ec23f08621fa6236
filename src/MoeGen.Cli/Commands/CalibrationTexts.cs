using MoeGen.Cli.Models;
using MoeGen.Evaluation;

namespace MoeGen.Cli.Commands;

/// <summary>Text files as windows of tokens that fit a model's context.</summary>
internal static class CalibrationTexts
{
    /// <summary>Reads the beginnings of some files.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="paths">The files.</param>
    /// <param name="numTokens">Tokens of all files together.</param>
    /// <param name="promptTokens">Tokens at the start of each window that are no decode steps.</param>
    /// <returns>Windows that have decode steps; where the tokenizer begins texts with a token, so do they.</returns>
    /// <exception cref="CliException">The model has no tokenizer, its context is too short, or a text is.</exception>
    public static int[][] Read(MoeModel model, IReadOnlyList<string> paths, int numTokens, int promptTokens)
    {
        if (!model.HasTokenizer)
        {
            throw new CliException($"{paths[0]}: cannot be read as tokens, because the model's folder has no tokenizer.json; expected one");
        }

        // a prompt, a step, and the token that it foresees
        int least = promptTokens + 2;
        if (model.ContextLength < least)
        {
            throw new CliException(
                $"{promptTokens} prompt tokens and a decode step need a context of {least}; the context length is {model.ContextLength}, "
                + "expected fewer --prompt-tokens");
        }

        int? start = PromptCuts.StartOf(model) is [int token] ? token : null;
        int count = Math.Max(least, numTokens / paths.Count);
        List<int[]> windows = [];
        foreach (string path in paths)
        {
            int[] tokens = model.Tokenizer.Encode(File.ReadAllText(path), addSpecialTokens: false);
            if (tokens.Length < least)
            {
                throw new CliException($"{path}: has {tokens.Length} tokens; expected at least {least}, see --prompt-tokens");
            }

            int[][] cut = TextWindows.Of(tokens.AsSpan(0, Math.Min(count, tokens.Length)), start, model.ContextLength, promptTokens);
            windows.AddRange(cut.Where(window => window.Length >= least));
        }

        return [.. windows];
    }
}
