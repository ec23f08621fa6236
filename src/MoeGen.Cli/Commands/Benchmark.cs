using System.Diagnostics;
using MoeGen.Evaluation;
using MoeGen.Experts;

namespace MoeGen.Cli.Commands;

/// <summary>Medians of a benchmark. Decode figures leave the first token out: it belongs to the prompt.</summary>
/// <param name="TtftMs">Time to first token.</param>
/// <param name="PrefillTokensPerSecond">Prompt tokens by the time to the first token.</param>
/// <param name="TpotMs">Time of one decoded token, median over all tokens of all runs.</param>
/// <param name="TpotP95Ms">95th percentile of it.</param>
/// <param name="TpotP99Ms">99th percentile of it.</param>
/// <param name="TokensPerSecond">Decoded tokens by the time they took, median of the runs.</param>
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

    /// <summary>Time for which each decoded token waited for experts.</summary>
    public double StallMsPerToken => Decode.StallTime.TotalMilliseconds / DecodedTokens;
}

/// <summary>Runs prompts one after the other and measures every token.</summary>
/// <param name="model">The model.</param>
/// <param name="prompts">Gives the prompt of each run, all of one length.</param>
/// <param name="count">Tokens to generate.</param>
internal sealed class Benchmark(MoeModel model, Func<int, int[]> prompts, int count)
{
    private readonly SamplingOptions _sampling = SamplingOptions.Greedy with { MaxTokens = count, IgnoreEos = true };
    private readonly List<double> _ttft = [];
    private readonly List<double> _tpot = [];
    private readonly List<double> _decode = [];
    private readonly double[] _current = new double[count - 1]; // times of the tokens of the current run
    private readonly List<double> _allocated = [];
    private readonly List<OffloadingStatistics> _prefillStatistics = [];
    private readonly List<OffloadingStatistics> _decodeStatistics = [];
    private int _promptTokens;

    public void Run(int run, bool isWarmUp, CancellationToken cancellationToken)
    {
        int[] prompt = prompts(run);
        _promptTokens = prompt.Length;
        using TextGeneration generation = model.Generate(prompt, _sampling);
        OffloadingStatistics atStart = model.Statistics;
        long start = Stopwatch.GetTimestamp();
        generation.MoveNext(cancellationToken);
        double ttft = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        OffloadingStatistics atFirstToken = model.Statistics;

        // precise: true also counts what other threads have allocated and not yet reported
        long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        long decodeStart = Stopwatch.GetTimestamp();
        for (int i = 0; i < _current.Length; i++)
        {
            long tokenStart = Stopwatch.GetTimestamp();
            generation.MoveNext(cancellationToken);
            _current[i] = Stopwatch.GetElapsedTime(tokenStart).TotalMilliseconds;
        }

        double decode = Stopwatch.GetElapsedTime(decodeStart).TotalMilliseconds;
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        if (!isWarmUp)
        {
            _ttft.Add(ttft);
            _decode.Add(decode);
            _tpot.AddRange(_current);
            _allocated.Add(allocated / (double)_current.Length);
            _prefillStatistics.Add(atFirstToken.Since(atStart));
            _decodeStatistics.Add(model.Statistics.Since(atFirstToken));
        }
    }

    public BenchmarkResult Result()
    {
        double ttft = Percentile.Of(_ttft, 0.5);
        return new BenchmarkResult(
            ttft, _promptTokens * 1000.0 / ttft, Percentile.Of(_tpot, 0.5), Percentile.Of(_tpot, 0.95), Percentile.Of(_tpot, 0.99),
            _current.Length * 1000.0 / Percentile.Of(_decode, 0.5), Percentile.Of(_allocated, 0.5), _tpot.Count,
            _prefillStatistics.Aggregate((a, b) => a.Plus(b)), _decodeStatistics.Aggregate((a, b) => a.Plus(b)));
    }
}
