namespace MoeGen.Tests;

/// <summary>What a model writes.</summary>
internal static class GeneratedText
{
    /// <summary>Ids of the tokens behind a prompt.</summary>
    public static List<int> Tokens(MoeModel model, int[] prompt, SamplingOptions sampling)
    {
        List<int> tokens = [];
        using TextGeneration generation = model.Generate(prompt, sampling);
        while (generation.MoveNext())
        {
            tokens.Add(generation.Token);
        }

        return tokens;
    }

    /// <summary>Ids of so many tokens behind a prompt, always the most probable one.</summary>
    public static List<int> Tokens(MoeModel model, int[] prompt, int count) =>
        Tokens(model, prompt, SamplingOptions.Greedy with { MaxTokens = count, IgnoreEos = true });
}
