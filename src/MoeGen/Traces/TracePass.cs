namespace MoeGen.Traces;

/// <summary>
/// One pass of a trace in memory: a chunk of a prompt, or a decoded token. It is filled, written or read, and filled again; its buffers
/// grow to the longest pass.
/// </summary>
internal sealed class TracePass
{
    private readonly TraceInfo _info;
    private int[] _tokens = []; // [capacity]
    private int[] _experts = []; // [capacity, layers, topK]
    private float[] _probabilities = []; // [capacity, layers, experts]
    private float[] _nextProbabilities = []; // [capacity, layers - 1, experts]
    private float[] _embeddings = []; // [capacity, hidden]

    /// <summary>Creates an empty pass.</summary>
    /// <param name="info">The model.</param>
    public TracePass(TraceInfo info)
    {
        _info = info;
    }

    /// <summary>0-based sequence.</summary>
    public int Sequence { get; set; }

    /// <summary>Whether the tokens are a prompt's; otherwise it is one decoded token.</summary>
    public bool IsPrompt { get; set; }

    /// <summary>Tokens of the pass.</summary>
    public int NumTokens { get; private set; }

    /// <summary>Ids, [tokens].</summary>
    public Span<int> Tokens => _tokens.AsSpan(0, NumTokens);

    /// <summary>
    /// Chosen experts, best first, -1 for a dropped choice or a layer that the pass has not walked, [tokens, layers, topK].
    /// </summary>
    public Span<int> Experts => _experts.AsSpan(0, NumTokens * ChoicesPerToken);

    /// <summary>Router distributions, sum 1, or zeros for a layer that the pass has not walked, [tokens, layers, experts].</summary>
    public Span<float> Probabilities => _probabilities.AsSpan(0, NumTokens * _info.Grid.Count);

    /// <summary>
    /// What the router of layer l + 1 made of the router input of layer l, sum 1, or zeros, [tokens, layers - 1, experts].
    /// </summary>
    public Span<float> NextProbabilities => _nextProbabilities.AsSpan(0, NumTokens * NextPerToken);

    /// <summary>What the model's embedding made of the tokens, or zeros where nobody was told, [tokens, hidden].</summary>
    public Span<float> Embeddings => _embeddings.AsSpan(0, NumTokens * _info.HiddenSize);

    private int ChoicesPerToken => _info.Grid.NumLayers * _info.Grid.TopK;

    private int NextPerToken => (_info.Grid.NumLayers - 1) * _info.Grid.NumExperts;

    /// <summary>Begins another pass: no layer has been walked.</summary>
    /// <param name="numTokens">Its tokens.</param>
    public void Begin(int numTokens)
    {
        NumTokens = numTokens;
        if (_tokens.Length < numTokens)
        {
            _tokens = new int[numTokens];
            _experts = new int[numTokens * ChoicesPerToken];
            _probabilities = new float[checked(numTokens * _info.Grid.Count)];
            _nextProbabilities = new float[numTokens * NextPerToken];
            _embeddings = new float[checked(numTokens * _info.HiddenSize)];
        }

        Experts.Fill(-1);
        Probabilities.Clear();
        NextProbabilities.Clear();
        Embeddings.Clear();
    }

    /// <summary>Chosen experts of one token in one layer, [topK].</summary>
    public Span<int> ExpertsOf(int token, int layer) =>
        Experts.Slice((token * ChoicesPerToken) + (layer * _info.Grid.TopK), _info.Grid.TopK);

    /// <summary>Router distribution of one token in one layer, [experts].</summary>
    public Span<float> ProbabilitiesOf(int token, int layer) =>
        Probabilities.Slice((token * _info.Grid.Count) + (layer * _info.Grid.NumExperts), _info.Grid.NumExperts);

    /// <summary>Prediction of layer + 1 for one token, [experts].</summary>
    /// <param name="token">0-based token.</param>
    /// <param name="layer">0-based sparse layer that the prediction was made in, not the last one.</param>
    public Span<float> NextProbabilitiesOf(int token, int layer) =>
        NextProbabilities.Slice((token * NextPerToken) + (layer * _info.Grid.NumExperts), _info.Grid.NumExperts);

    /// <summary>Embedding of one token, [hidden].</summary>
    public Span<float> EmbeddingOf(int token) => Embeddings.Slice(token * _info.HiddenSize, _info.HiddenSize);
}
