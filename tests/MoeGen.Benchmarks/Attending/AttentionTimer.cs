using System.Diagnostics;
using MoeGen.Engine;
using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Benchmarks.Attending;

/// <summary>Times the attention of one layer over random queries, keys and values, on one thread.</summary>
/// <typeparam name="TShape">The attention.</typeparam>
internal sealed unsafe class AttentionTimer<TShape> : IDisposable
    where TShape : struct, IAttentionShape
{
    // as many runs as go into it, and a few at least
    private const double Seconds = 2;
    private const int MinRuns = 5;

    private readonly WorkerTeam _team;
    private readonly Action<Worker> _attend;
    private readonly KvCache _cache;
    private readonly NativeBuffer _memory;
    private readonly Activations _queries; // [numTokens, heads * keyDim]
    private readonly Activations _output; // [numTokens, heads * valueDim]
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
        int numPositions = firstPosition + numTokens;
        KvCacheLayout layout = new(1, TShape.NumKeyValueHeads, TShape.KeyDim, TShape.ValueDim, numPositions) { Format = format };
        _cache = new KvCache(layout);
        int queryWidth = TShape.NumHeads * TShape.KeyDim, outputWidth = TShape.NumHeads * TShape.ValueDim;
        _memory = new NativeBuffer((long)numPositions * (queryWidth + outputWidth) * sizeof(float));
        _queries = new Activations((float*)_memory.Pointer, queryWidth);
        _output = new Activations((float*)_memory.Pointer + ((nint)numPositions * queryWidth), outputWidth);
        Random random = new(1);
        foreach (ref float value in new Span<float>(_memory.Pointer, numPositions * (queryWidth + outputWidth)))
        {
            value = (float)(random.NextDouble() - 0.5);
        }

        _attend = worker => Attention.Attend<TShape>(_queries, _cache, 0, _output, _firstPosition, _numTokens, worker);
        _team.Run(worker => _cache.Append(0, _queries, _output, 0, numPositions, worker));
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
        _cache.Dispose();
        _memory.Dispose();
    }
}
