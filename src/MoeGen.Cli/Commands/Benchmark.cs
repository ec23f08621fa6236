using System.Diagnostics;

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
/// <param name="ExpertUses">Experts computed in one run, each counted once per layer and step.</param>
internal sealed record BenchmarkResult(
    double TtftMs, double PrefillTokensPerSecond, double TpotMs, double TpotP95Ms, double TpotP99Ms, double TokensPerSecond,
    double AllocatedBytesPerToken, long ExpertUses);

/// <summary>Runs the same prompt again and again and measures every token.</summary>
internal sealed class Benchmark(MoeModel model, int[] prompt, int count)
{
    private readonly SamplingOptions _sampling = SamplingOptions.Greedy with { MaxTokens = count, IgnoreEos = true };
    private readonly List<double> _ttft = [];
    private readonly List<double> _tpot = [];
    private readonly List<double> _decode = [];
    private readonly double[] _current = new double[count - 1]; // times of the tokens of the current run
    private readonly List<double> _allocated = [];
    private long _expertUses;

    public void Run(bool isWarmUp, CancellationToken cancellationToken)
    {
        using TextGeneration generation = model.Generate(prompt, _sampling);
        long uses = model.NumExpertUses;
        long start = Stopwatch.GetTimestamp();
        generation.MoveNext(cancellationToken);
        double ttft = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

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
            _expertUses = model.NumExpertUses - uses;
        }
    }

    public BenchmarkResult Result()
    {
        double ttft = Percentile(_ttft, 0.5);
        return new BenchmarkResult(
            ttft, prompt.Length * 1000.0 / ttft, Percentile(_tpot, 0.5), Percentile(_tpot, 0.95), Percentile(_tpot, 0.99),
            _current.Length * 1000.0 / Percentile(_decode, 0.5), Percentile(_allocated, 0.5), _expertUses);
    }

    // nearest rank
    private static double Percentile(List<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
