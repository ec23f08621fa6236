using MoeGen.Engine;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Selection;
using MoeGen.Kernels;
using MoeGen.Memory;

namespace MoeGen.Experts;

/// <summary>
/// Which experts the tokens of a pass have chosen in the current layer: the router's logits, the chosen ids and weights, and the same
/// choices grouped by expert, the order in which experts compute.
/// </summary>
public sealed unsafe class Routing : IDisposable
{
    /// <summary>Expert and entry of a choice that was dropped, as routers with a capacity for each expert do.</summary>
    internal const int Dropped = -1;

    private readonly NativeBuffer _buffer;
    private readonly int* _topKIds; // [maxTokens, topK] experts, best first; Dropped: none
    private readonly float* _topKWeights; // [maxTokens, topK]
    private readonly int* _groupStarts; // [numExperts + 1] first entry of each expert; the last one is the number of entries
    private readonly int* _entryTokens; // [maxTokens * topK] token of each entry, entries grouped by expert
    private readonly int* _entryOf; // [maxTokens, topK] entry of each choice; Dropped: none
    private readonly float* _logits; // [maxTokens, numExperts]
    private readonly int _maxTokens;
    private ExpertCache? _experts;
    private int _layer; // of the model, whose experts have been chosen last
    private int[] _routerIds = []; // [maxTokens, topK] what the router chooses; empty without a selection, when that is what runs
    private float[] _routerWeights = []; // [maxTokens, topK]

    internal Routing(int numExperts, int topK, int maxTokens)
    {
        NumExperts = numExperts;
        TopK = topK;
        _maxTokens = maxTokens;
        int choices = maxTokens * topK;
        Logits = new Activations(null, numExperts);
        long logitsSize = (long)maxTokens * Logits.Stride;
        _buffer = new NativeBuffer((logitsSize + (4L * choices) + numExperts + 1) * sizeof(float));
        _logits = (float*)_buffer.Pointer;
        Logits = new Activations(_logits, numExperts);
        _topKWeights = _logits + logitsSize;
        _topKIds = (int*)(_topKWeights + choices);
        _entryTokens = _topKIds + choices;
        _entryOf = _entryTokens + choices;
        _groupStarts = _entryOf + choices;
    }

    /// <summary>Routed experts of a layer.</summary>
    public int NumExperts { get; }

    /// <summary>Experts chosen per token.</summary>
    public int TopK { get; }

    /// <summary>Scores of all experts before the softmax, [numTokens, numExperts].</summary>
    public Activations Logits { get; }

    internal long SizeInBytes => _buffer.SizeInBytes;

    /// <summary>Ids of a token's experts, best first, [topK]; -1 stands for a choice that was dropped.</summary>
    /// <param name="token">0-based place in the pass.</param>
    public Span<int> TopKIds(int token) => new(_topKIds + ((nint)token * TopK), TopK);

    /// <summary>Weights of a token's experts, in the order of <see cref="TopKIds"/>, [topK].</summary>
    /// <param name="token">0-based place in the pass.</param>
    public Span<float> TopKWeights(int token) => new(_topKWeights + ((nint)token * TopK), TopK);

    /// <summary>
    /// Ids of the experts that a token's router chooses, whether they run or not, best first, [topK]; the same as <see cref="TopKIds"/>
    /// where the model is exact.
    /// </summary>
    /// <param name="token">0-based place in the pass.</param>
    public Span<int> RouterIds(int token) => Selection is null ? TopKIds(token) : _routerIds.AsSpan(token * TopK, TopK);

    /// <summary>Weights of <see cref="RouterIds"/>, [topK].</summary>
    /// <param name="token">0-based place in the pass.</param>
    public Span<float> RouterWeights(int token) => Selection is null ? TopKWeights(token) : _routerWeights.AsSpan(token * TopK, TopK);

    /// <summary>
    /// Groups the choices of all tokens by expert; those that were dropped are in no group. One worker does it; the others wait for the
    /// next Sync.
    /// </summary>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void GroupByExpert(int numTokens, Worker worker)
    {
        if (worker.Index != 0)
        {
            return;
        }

        Selection?.Revise(_experts!.SparseLayerOf(_layer), this, numTokens);

        // counting sort: how many tokens chose each expert, where each group starts, then every choice to its place
        Span<int> starts = new(_groupStarts, NumExperts + 1);
        starts.Clear();
        int choices = numTokens * TopK;
        for (int i = 0; i < choices; i++)
        {
            if (_topKIds[i] != Dropped)
            {
                starts[_topKIds[i]]++;
            }
        }

        int end = 0;
        for (int expert = 0; expert < NumExperts; expert++)
        {
            end += starts[expert];
            starts[expert] = end;
        }

        starts[NumExperts] = end;
        for (int i = choices - 1; i >= 0; i--)
        {
            _entryOf[i] = Dropped;
            if (_topKIds[i] != Dropped)
            {
                int entry = --starts[_topKIds[i]];
                _entryTokens[entry] = i / TopK;
                _entryOf[i] = entry;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    /// <summary>What decides which experts run; null: the router alone.</summary>
    internal ISelection? Selection { get; private set; }

    /// <summary>Bytes of the router's own choices, which are kept under a selection.</summary>
    internal static long SelectionBytes(int topK, int maxTokens) => (long)maxTokens * topK * (sizeof(int) + sizeof(float));

    /// <summary>Sets what decides which experts of a pass run.</summary>
    /// <param name="experts">The experts of the model.</param>
    internal void Use(ExpertCache experts)
    {
        _experts = experts;
        Selection = experts.Selection;
        if (Selection is not null && _routerIds.Length == 0)
        {
            _routerIds = new int[_maxTokens * TopK];
            _routerWeights = new float[_maxTokens * TopK];
        }
    }

    /// <summary>Begins to choose for a layer. Every worker calls it.</summary>
    /// <param name="layer">0-based layer of the model, those of an encoder counted first.</param>
    /// <returns>Which experts of the layer compete, [experts]; empty: all of them.</returns>
    internal ReadOnlySpan<bool> StartChoice(int layer)
    {
        _layer = layer;
        return Selection is null ? default : Selection.Competing(_experts!.SparseLayerOf(layer));
    }

    /// <summary>Whether a token of the pass has chosen an expert.</summary>
    internal bool IsChosen(int expert) => _groupStarts[expert + 1] > _groupStarts[expert];

    /// <summary>The entries of an expert: one for each token that chose it.</summary>
    internal Share EntriesOf(int expert) => new(_groupStarts[expert], _groupStarts[expert + 1]);

    /// <summary>Token of an entry.</summary>
    internal int TokenOf(int entry) => _entryTokens[entry];

    /// <summary>Token of each entry, [entries].</summary>
    internal int* EntryTokens => _entryTokens;

    /// <summary>Entries of a token's choices, in the order of <see cref="TopKIds"/>, [topK].</summary>
    internal ReadOnlySpan<int> EntriesOfToken(int token) => new(_entryOf + ((nint)token * TopK), TopK);

    /// <summary>The weight with which the token of an entry chose the entry's expert. A token chooses an expert once.</summary>
    internal float WeightOf(int expert, int entry)
    {
        int token = _entryTokens[entry];
        return TopKWeights(token)[TopKIds(token).IndexOf(expert)];
    }
}
