using MoeGen.Cli.Models;
using MoeGen.Planning;

namespace MoeGen.Cli.Commands;

/// <summary>The texts that a plan is made with: pieces of files at even distances or, without files, what the model writes itself.</summary>
/// <param name="paths">The files; none: the model writes.</param>
/// <param name="tokens">Tokens to decode, at least <see cref="LeastTokens"/>.</param>
/// <param name="seed">Seed of what the model writes.</param>
internal sealed class SampleTexts(IReadOnlyList<string> paths, int tokens, int seed)
{
    /// <summary>A share of fewer tokens says nothing.</summary>
    public const int LeastTokens = 16;

    private const int PromptLength = 32;

    // short enough that a few hundred tokens come from several places
    private const int MostTokensOfText = 64;

    /// <summary>Tokens that each run decodes.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>Where they come from, for people.</summary>
    public string Source => paths.Count == 0
        ? "text that the model wrote itself at temperature 1"
        : string.Join(", ", paths.Select(Path.GetFileName));

    private int Count => (Tokens + MostTokensOfText - 1) / MostTokensOfText;

    private int Length => PromptLength + ((Tokens + Count - 1) / Count);

    /// <summary>Makes the texts.</summary>
    /// <param name="planned">The model.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="needsHeldOut">Whether as many others are needed.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="CliException">The files are too short, or the context is.</exception>
    public PlanTexts Read(
        PlannedModel planned, MoeOptions options, bool needsHeldOut, IProgress<PlanProgress> progress, CancellationToken cancellationToken)
    {
        using MoeModel model = planned.Load(options with { Offloading = Offloading.Lru() }, cancellationToken);
        if (Length > model.ContextLength)
        {
            throw new CliException($"the context length is {model.ContextLength}; expected at least {Length} for the texts of a plan");
        }

        int count = needsHeldOut ? 2 * Count : Count;
        int[][] texts = paths.Count == 0
            ? [.. Enumerable.Range(0, count).Select(i => Write(model, i, count, progress, cancellationToken))]
            : PromptCuts.FromTexts(model, paths, count, Length, "text that the model writes itself", "--tokens");

        // in turn, so that both come from all places
        return needsHeldOut
            ? new PlanTexts([.. texts.Where((_, i) => i % 2 == 0)], [.. texts.Where((_, i) => i % 2 == 1)], PromptLength)
            : new PlanTexts(texts, [], PromptLength);
    }

    private int[] Write(MoeModel model, int index, int count, IProgress<PlanProgress> progress, CancellationToken cancellationToken)
    {
        progress.Report(new PlanProgress("writing texts", index, count));
        int[] text = new int[Length];

        // a model without a token that begins texts begins with its first one
        text[0] = model.Info.BosTokenId ?? 0;
        SamplingOptions sampling = new()
        {
            Temperature = 1,
            TopK = 0,
            TopP = 1,
            MinP = 0,
            Seed = seed + index,
            IgnoreEos = true,
        };
        using TextGeneration generation = model.Generate(text.AsSpan(0, 1), sampling);
        for (int i = 1; i < text.Length; i++)
        {
            generation.MoveNext(cancellationToken);
            text[i] = generation.Token;
        }

        return text;
    }
}
