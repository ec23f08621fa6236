using MoeGen.Engine.Sampling;
using MoeGen.Evaluation;

namespace MoeGen.Planning;

/// <summary>
/// Runs methods that are not exact over the texts of a profile, teacher forced and in decode steps, and compares their most probable tokens
/// with the exact model's. What they change of the routing cannot be simulated from a trace of the exact model.
/// </summary>
/// <param name="load">Loads the model with the options that it is given.</param>
/// <param name="options">How the model will run.</param>
/// <param name="texts">The texts of the profile.</param>
/// <param name="hasTwins">Whether experts have twins.</param>
internal sealed class LossyTrial(
    Func<MoeOptions, MoeModel> load, MoeOptions options, IReadOnlyList<ProfileText> texts, bool hasTwins)
{
    // from the most careful on: the first one beyond the tolerance ends its row
    private static readonly string[][] s_rows =
    [
        ["buddy:gap=0.05", "buddy:gap=0.1", "buddy:gap=0.2", "buddy:gap=0.3"],
        ["mobile:threshold=0.9,base=finemoe", "mobile:threshold=0.5,base=finemoe"],
        ["hobbit", "hobbit:t1=0.3"],
        ["swapmoe"],
    ];

    /// <summary>Finds what methods cost and give that are within a tolerance.</summary>
    /// <param name="tolerance">Share of the tokens that may differ.</param>
    /// <param name="cancellationToken">Stops between two layers.</param>
    public List<(Offloading Offloading, AutoCandidate Candidate)> Run(double tolerance, CancellationToken cancellationToken)
    {
        List<(Offloading Offloading, AutoCandidate Candidate)> found = [];
        foreach (string[] row in s_rows)
        {
            foreach (Offloading offloading in row.Select(name => Offloading.Parse(name)).Where(method => hasTwins || !method.UsesTwins))
            {
                if (TryMeasure(offloading, cancellationToken) is not { } candidate || candidate.Agreement < 1 - tolerance)
                {
                    break;
                }

                found.Add((offloading, candidate));
            }
        }

        return found;
    }

    /// <summary>Measures one method.</summary>
    public AutoCandidate Measure(Offloading offloading, CancellationToken cancellationToken)
    {
        using MoeModel model = load(options with { Offloading = offloading });
        DecodeTimer timer = new(model, texts.Sum(text => text.Best.Length));
        int numEqual = 0, numTokens = 0;
        foreach (ProfileText text in texts)
        {
            // the last token is foreseen, not run
            using TextWalk walk = new(model, text.PromptLength);
            timer.ReadPrompt(walk, text.Tokens, cancellationToken);
            int step = 0;
            do
            {
                numEqual += Sampler.IndexOfLargest(walk.Logits) == text.Best[step++] ? 1 : 0;
            }
            while (timer.MoveNext(walk, cancellationToken));
            timer.End();
            numTokens += step;
        }

        double tpotMs = timer.Figures() is { } steps ? 1000 / steps.TokensPerSecond : 0;
        return new AutoCandidate(offloading.Name, tpotMs, numEqual / (double)numTokens);
    }

    // the budget may do for an exact method and not for one that holds an expert of every layer
    private AutoCandidate? TryMeasure(Offloading offloading, CancellationToken cancellationToken)
    {
        try
        {
            return Measure(offloading, cancellationToken);
        }
        catch (MemoryBudgetTooSmallException)
        {
            return null;
        }
    }
}
