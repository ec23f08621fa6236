using MoeGen.Cli.Models;
using MoeGen.Evaluation;

namespace MoeGen.Cli.Evaluation;

/// <summary>A text as a model sees it.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Windows">Its tokens, cut to the context.</param>
/// <param name="NumTokens">Tokens that are foreseen in all windows together.</param>
/// <param name="NumBytes">Bytes of these tokens' text.</param>
/// <param name="Prompts">Beginnings of continuations.</param>
internal sealed record TextDomain(string Name, int[][] Windows, int NumTokens, long NumBytes, int[][] Prompts)
{
    /// <summary>Cuts a text for a model.</summary>
    /// <param name="file">The text.</param>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="settings">How much of it is wanted.</param>
    /// <exception cref="CliException">The text has no token to foresee.</exception>
    public static TextDomain Of(TextFile file, MoeModel model, EvaluationSettings settings)
    {
        int[] start = PromptCuts.StartOf(model);
        int overlap = settings.PromptTokens - start.Length;
        int[] all = model.Tokenizer.Encode(file.Text, addSpecialTokens: false);
        int[] tokens = all[..(int)Math.Min(all.Length, (long)overlap + settings.Tokens)];
        if (start.Length + tokens.Length < 2)
        {
            throw new CliException($"{file.Path}: holds {tokens.Length} tokens; expected at least 2, one to see and one to foresee");
        }

        int[][] windows = TextWindows.Of(tokens, start.Length == 0 ? null : start[0], model.ContextLength, settings.PromptTokens);
        int numTokens = windows.Sum(window => TextWalk.NumStops(window.Length, settings.PromptTokens));
        return new TextDomain(
            file.Name, windows, numTokens, tokens.TakeLast(numTokens).Sum(token => (long)model.Tokenizer.GetBytes(token).Length),
            CutPrompts(start, tokens, Math.Min(overlap, tokens.Length), settings.Continuations));
    }

    // at even distances, fewer where the text is short
    private static int[][] CutPrompts(int[] start, int[] tokens, int length, int count)
    {
        int places = tokens.Length - length + 1, prompts = Math.Min(count, places);
        int[] PromptAt(int first) => [.. start, .. tokens.AsSpan(first, length)];
        return [.. Enumerable.Range(0, prompts).Select(prompt => PromptAt((int)((long)prompt * places / prompts)))];
    }
}
