using System.Diagnostics;
using MoeGen.Engine.Sampling;
using MoeGen.Evaluation;

namespace MoeGen.Planning;

/// <summary>
/// Runs methods that are not exact over the texts of a profile, teacher forced and in decode steps, and compares their most probable tokens
/// with the exact model's. What they change of the routing cannot be simulated from a trace of the exact model.
/// </summary>
internal sealed class LossyTrial(Func<MoeOptions, MoeModel> load, MoeOptions options, IReadOnlyList<ProfileText> texts)
{
    // from the most careful on: the first one beyond the tolerance ends its row
    private static readonly string[][] s_rows =
    [
        ["buddy:gap=0.05", "buddy:gap=0.1", "buddy:gap=0.2", "buddy:gap=0.3"],
        ["mobile:threshold=0.9,base=finemoe", "mobile:threshold=0.5,base=finemoe"],
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
            foreach (string name in row)
            {
                Offloading offloading = Offloading.Parse(name);
                AutoCandidate candidate = Measure(offloading, cancellationToken);
                if (candidate.Agreement < 1 - tolerance)
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
        int numEqual = 0, numTokens = 0, numSteps = 0;
        double milliseconds = 0;
        foreach (ProfileText text in texts)
        {
            // the last token is foreseen, not run
            using TextWalk walk = new(model, text.PromptLength);
            walk.Start(text.Tokens);
            for (int i = 0; i < text.Best.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                if (!walk.MoveNext(cancellationToken))
                {
                    break;
                }

                // the first step is the prompt
                milliseconds += i == 0 ? 0 : Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                numSteps += i == 0 ? 0 : 1;
                numEqual += Sampler.IndexOfLargest(walk.Logits) == text.Best[i] ? 1 : 0;
                numTokens++;
            }
        }

        return new AutoCandidate(offloading.Name, milliseconds / Math.Max(1, numSteps), numEqual / (double)Math.Max(1, numTokens));
    }
}
