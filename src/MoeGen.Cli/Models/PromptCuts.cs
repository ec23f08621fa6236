namespace MoeGen.Cli.Models;

/// <summary>Prompts of equal length: cut from texts at even distances, or of random tokens.</summary>
internal static class PromptCuts
{
    /// <summary>
    /// Cuts prompts from text files that are read one after the other. Where the tokenizer begins texts with a token, so do prompts.
    /// </summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="paths">The files.</param>
    /// <param name="count">Prompts.</param>
    /// <param name="length">Tokens of each.</param>
    /// <param name="without">What the command does without texts.</param>
    /// <param name="options">The options that say how many prompts there are, and how long.</param>
    /// <exception cref="CliException">The model has no tokenizer, or the texts are too short.</exception>
    public static int[][] FromTexts(
        MoeModel model, IReadOnlyList<string> paths, int count, int length, string without = "random tokens",
        string options = "--sequences and --prompt-tokens")
    {
        if (!model.HasTokenizer)
        {
            throw new CliException(
                $"{paths[0]}: cannot be read as tokens, because the model's folder has no tokenizer.json; leave --text out for {without}");
        }

        int[] start = StartOf(model);
        int cut = length - Math.Min(start.Length, length - 1);
        int[] tokens = [.. paths.SelectMany(path => model.Tokenizer.Encode(File.ReadAllText(path), addSpecialTokens: false))];
        if (tokens.Length < (long)count * cut)
        {
            throw new CliException(
                $"{string.Join(", ", paths)}: {tokens.Length} tokens; "
                + $"expected at least {(long)count * cut} for {count} prompts of {length}, see {options}");
        }

        int distance = tokens.Length / count;
        int[] PromptAt(int first) => [.. start.Take(length - cut), .. tokens.AsSpan(first, cut)];
        return [.. Enumerable.Range(0, count).Select(prompt => PromptAt(prompt * distance))];
    }

    /// <summary>The token that the tokenizer begins texts with, or nothing.</summary>
    public static int[] StartOf(MoeModel model)
    {
        int[] specials = model.Tokenizer.Encode("", addSpecialTokens: true);
        return specials.Length > 0 && specials[0] == model.Info.BosTokenId ? [specials[0]] : [];
    }

    /// <summary>Prompts of random tokens.</summary>
    /// <param name="vocabSize">Tokens to choose from.</param>
    /// <param name="count">Prompts.</param>
    /// <param name="length">Tokens of each.</param>
    /// <param name="seed">The same seed gives the same prompts.</param>
    public static int[][] Random(int vocabSize, int count, int length, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => random.Next(vocabSize)).ToArray())];
    }
}
