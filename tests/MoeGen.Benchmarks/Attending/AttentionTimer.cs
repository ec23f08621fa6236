using System.Diagnostics;
using MoeGen.Benchmarks.Rooflines;
using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Attending;

/// <summary>Times the attention of one layer over random queries, keys and values, on one thread.</summary>
/// <typeparam name="TShape">The attention.</typeparam>
internal sealed class AttentionTimer<TShape> : IDisposable
    where TShape : struct, IAttentionShape
{
    // as many runs as go into it, and a few at least
    private const double Seconds = 2;
    private const int MinRuns = 5;

    private readonly WorkerTeam _team;
    private readonly Action<Worker> _attend;
    private readonly AttentionOperands _operands;
    private readonly int _firstPosition;
    private readonly int _numTokens;

    /// <summary>Fills a cache.</summary>
    /// <param name="firstPosition">Positions that the cache holds before the first token.</param>
    /// <param name="numTokens">Tokens that attend together.</param>
    /// <param name="format">How keys and values are held.</param>
    public AttentionTimer(int firstPosition, int numTokens, KeyValueFormat format)
    {
        _team = new WorkerTeam(1);
        _firstPosition = firstPosition;
        _numTokens = numTokens;
        _operands = AttentionOperands.Create<TShape>(firstPosition, numTokens, numLayers: 1, format);
        _attend = worker => _operands.Attend<TShape>(worker, run: 0);
    }

    /// <summary>Operations of a run: a multiplication and an addition for every element of a key and a value that a query meets.</summary>
    public double Operations
    {
        get
        {
            double pairs = ((double)_firstPosition * _numTokens) + ((double)_numTokens * (_numTokens + 1) / 2);
            return 2 * pairs * TShape.NumHeads * (TShape.KeyDim + TShape.ValueDim);
        }
    }

    /// <summary>Seconds on the processor that all tokens take, in the fastest of many runs: other work adds to the others.</summary>
    public double Measure()
    {
        TimeSpan best = TimeSpan.MaxValue;
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < MinRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds; run++)
        {
            TimeSpan runStart = Environment.CpuUsage.TotalTime;
            _team.Run(_attend);
            TimeSpan time = Environment.CpuUsage.TotalTime - runStart;
            best = time < best ? time : best;
        }

        return best.TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        _operands.Dispose();
    }
}
