using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Random queries, keys and values of some layers that take turns.</summary>
internal sealed unsafe class AttentionOperands : IDisposable
{
    private readonly KvCache _cache;
    private readonly TokenRows _queries; // [numTokens, heads * keyDim]
    private readonly TokenRows _output; // [numTokens, heads * valueDim]
    private readonly int _firstPosition;
    private readonly int _numTokens;

    private AttentionOperands(KvCacheLayout layout, TokenRows queries, TokenRows output, int firstPosition, int numTokens)
    {
        _cache = new KvCache(layout);
        _queries = queries;
        _output = output;
        _firstPosition = firstPosition;
        _numTokens = numTokens;
    }

    /// <summary>Keys and values of all layers.</summary>
    public MemoryRange Memory => new(_cache.Keys(0, 0), _cache.Layout.SizeInBytes);

    /// <summary>What the cache holds.</summary>
    public KvCacheLayout Layout => _cache.Layout;

    /// <summary>Fills the cache.</summary>
    /// <param name="firstPosition">Positions before the first token.</param>
    /// <param name="numTokens">Tokens that attend together.</param>
    /// <param name="numLayers">Layers.</param>
    /// <param name="format">How keys and values are held.</param>
    public static AttentionOperands Create<TShape>(int firstPosition, int numTokens, int numLayers, KeyValueFormat format)
        where TShape : struct, IAttentionShape
    {
        int numPositions = firstPosition + numTokens;
        KvCacheLayout layout = new(numLayers, TShape.NumKeyValueHeads, TShape.KeyDim, TShape.ValueDim, numPositions) { Format = format };
        TokenRows queries = new(numTokens, TShape.NumHeads * TShape.KeyDim), output = new(numTokens, TShape.NumHeads * TShape.ValueDim);
        AttentionOperands operands = new(layout, queries, output, firstPosition, numTokens);
        using TokenRows keys = new(numPositions, TShape.NumKeyValueHeads * TShape.KeyDim);
        using TokenRows values = new(numPositions, TShape.NumKeyValueHeads * TShape.ValueDim);
        using WorkerTeam team = new(1);
        foreach (int layer in Enumerable.Range(0, numLayers))
        {
            team.Run(worker => operands._cache.Append(layer, keys.Rows, values.Rows, 0, numPositions, worker));
        }

        return operands;
    }

    /// <summary>Attends in one of the layers.</summary>
    /// <typeparam name="TShape">The shape that the operands were made for, or one with the same numbers.</typeparam>
    public void Attend<TShape>(Worker worker, int run)
        where TShape : struct, IAttentionShape =>
        Attention.Attend<TShape>(
            _queries.Rows, _cache, run % _cache.Layout.NumLayers, _output.Rows, _firstPosition, _numTokens, worker);

    public void Dispose()
    {
        _cache.Dispose();
        _queries.Dispose();
        _output.Dispose();
    }
}
