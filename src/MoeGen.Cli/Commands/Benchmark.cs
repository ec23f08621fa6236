using MoeGen.Evaluation;
using MoeGen.Experts;

namespace MoeGen.Cli.Commands;

/// <summary>Medians of a benchmark. Decode figures leave the first token out: it belongs to the prompt.</summary>
/// <param name="TtftMs">Time to first token.</param>
/// <param name="PrefillTokensPerSecond">Prompt tokens of all texts of a run by the time until all first tokens were there.</param>
/// <param name="TpotMs">Time of one decoded token, median over all tokens of all runs.</param>
/// <param name="TpotP95Ms">95th percentile of it.</param>
/// <param name="TpotP99Ms">99th percentile of it.</param>
/// <param name="TokensPerSecond">Decoded tokens of all texts of a run by the time they took, median of the runs.</param>
/// <param name="AllocatedBytesPerToken">
/// Bytes that all threads allocated on the managed heap for each decoded token, median of the runs: now and then the .NET runtime allocates
/// once for itself, for instance when it compiles a method again in the background.
/// </param>
/// <param name="DecodedTokens">Tokens that the decode figures are about, of all runs.</param>
/// <param name="Prefill">What the expert cache did for the prompts of all runs.</param>
/// <param name="Decode">What it did for the decoded tokens of all runs.</param>
internal sealed record BenchmarkResult(
    double TtftMs, double PrefillTokensPerSecond, double TpotMs, double TpotP95Ms, double TpotP99Ms, double TokensPerSecond,
    double AllocatedBytesPerToken, long DecodedTokens, OffloadingStatistics Prefill, OffloadingStatistics Decode)
{
    /// <summary>Bytes of experts read for each decoded token.</summary>
    public double BytesReadPerToken => Decode.BytesRead / (double)DecodedTokens;

    /// <summary>Decoded tokens of a step, each of another sequence.</summary>
    public double SequencesPerStep => DecodedTokens / (double)Decode.Passes;

    /// <summary>Experts that a step uses, each counted once however many tokens chose it.</summary>
    public double ExpertsPerStep => Decode.Uses / (double)Decode.Passes;

    /// <summary>Time for which each decoded token waited for experts.</summary>
    public double StallMsPerToken => Decode.StallTime.TotalMilliseconds / DecodedTokens;
}

/// <summary>Writes texts, one after the other or several together, and measures every token.</summary>
/// <param name="model">The model.</param>
/// <param name="prompts">Gives the prompt of each text, all of one length.</param>
/// <param name="count">Tokens to generate.</param>
/// <param name="numSequences">Texts of a run, which are written together.</param>
internal sealed class Benchmark(MoeModel model, Func<int, int[]> prompts, int count, int numSequences = 1)
{
    private readonly SamplingOptions _sampling = SamplingOptions.Greedy with { MaxTokens = count, IgnoreEos = true };
    private readonly List<BenchmarkRun> _runs = [];
    private int _promptTokens;

    public void Run(int run, bool isWarmUp, CancellationToken cancellationToken)
    {
        TextGeneration[] texts = new TextGeneration[numSequences];
        try
        {
            for (int i = 0; i < numSequences; i++)
            {
                texts[i] = model.Generate(prompts((run * numSequences) + i), _sampling);
            }

            _promptTokens = texts[0].PromptLength;
            BenchmarkRun measured = BenchmarkRun.Of(model, texts, count, cancellationToken);
            if (!isWarmUp)
            {
                _runs.Add(measured);
            }
        }
        finally
        {
            Array.ForEach(texts, text => text?.Dispose());
        }
    }

    public BenchmarkResult Result()
    {
        int decoded = numSequences * (count - 1); // of a run
        List<double> tpot = [.. _runs.SelectMany(run => run.TokenMs).SelectMany(ms => ms)];
        return new BenchmarkResult(
            Median(_runs.SelectMany(run => run.TtftMs)), numSequences * _promptTokens * 1000.0 / Median(_runs.Select(run => run.PrefillMs)),
            Percentile.Of(tpot, 0.5), Percentile.Of(tpot, 0.95), Percentile.Of(tpot, 0.99),
            decoded * 1000.0 / Median(_runs.Select(run => run.DecodeMs)),
            Median(_runs.Select(run => run.AllocatedBytes / (double)decoded)), tpot.Count,
            _runs.Select(run => run.Prefill).Aggregate((a, b) => a.Plus(b)), _runs.Select(run => run.Decode).Aggregate((a, b) => a.Plus(b)));
    }

    private static double Median(IEnumerable<double> values) => Percentile.Of([.. values], 0.5);
}
