using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Kernels;
using MoeGen.Kernels.Quantized;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Engine;

/// <summary>
/// One run of some tokens through the model, and the working memory for it: tokens of one sequence, or of several that share what is read
/// of the weights. Generated code derives from it and declares the buffers its layers need. A pass is made once and used again and again;
/// running it allocates nothing.
/// </summary>
public abstract unsafe class ForwardPass : IDisposable
{
    private readonly List<NativeBuffer> _buffers = [];
    private readonly int[] _tokens; // [MaxTokens]
    private readonly Segment[] _segments; // [at least 1, else MaxLogits]
    private int _numSegments;
    private bool _startsText; // every segment is the beginning of a text: what was counted of those before is of no use

    /// <summary>Creates a pass.</summary>
    /// <param name="info">The model.</param>
    /// <param name="maxTokens">Most tokens of one run.</param>
    /// <param name="maxLogits">Most tokens whose logits are asked for; so many sequences may take part.</param>
    protected ForwardPass(ModelInfo info, int maxTokens, int maxLogits)
    {
        ArgumentNullException.ThrowIfNull(info);
        MaxTokens = maxTokens;
        MaxLogits = maxLogits;
        _tokens = new int[maxTokens];
        _segments = new Segment[Math.Max(1, maxLogits)];
        Routing = new Routing(info.NumExperts, info.TopK, maxTokens);
        Logits = Buffer(info.VocabSize, int8: false, int16: false, maxLogits);
    }

    /// <summary>Most tokens of one run.</summary>
    public int MaxTokens { get; }

    /// <summary>Most tokens whose logits are computed in one run, and most sequences of a run.</summary>
    public int MaxLogits { get; }

    /// <summary>Tokens of this run.</summary>
    public int NumTokens { get; private set; }

    /// <summary>Ids of the tokens, [NumTokens].</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, NumTokens);

    /// <summary>The sequences that the tokens belong to, in the order of their rows.</summary>
    public ReadOnlySpan<Segment> Segments => _segments.AsSpan(0, _numSegments);

    /// <summary>Tokens whose logits are wanted: the last ones of some segments.</summary>
    public int NumLogits { get; private set; }

    /// <summary>Scores of the vocabulary, [NumLogits, vocabulary].</summary>
    public Activations Logits { get; }

    /// <summary>Choices of experts in the current layer.</summary>
    public Routing Routing { get; }

    /// <summary>The experts that layers choose from.</summary>
    internal ExpertCache Experts { get; private set; } = null!;

    /// <summary>Hears the routing of every sparse layer; null: nobody listens.</summary>
    internal IRoutingObserver? Observer { get; set; }

    /// <summary>Stops the run between two layers.</summary>
    internal CancellationToken CancellationToken { get; private set; }

    /// <summary>Bytes of working memory.</summary>
    internal long SizeInBytes => Routing.SizeInBytes + _buffers.Sum(buffer => buffer.SizeInBytes);

    /// <summary>Called when the tokens have been embedded. Worker 0 tells a prefetcher, if there is one.</summary>
    /// <param name="embeddings">What the embedding made of the tokens, [NumTokens, hidden].</param>
    /// <param name="worker">The calling worker.</param>
    public void OnEmbedded(Activations embeddings, Worker worker)
    {
        if (worker.Index == 0)
        {
            Observer?.OnEmbedded(embeddings, this);
            Experts.Prefetch?.TellStart(embeddings, Segments, _startsText, Experts.IsRepeat);
        }
    }

    /// <summary>
    /// Called by a sparse layer when its routing is complete. Worker 0 asks for the layer's experts, and tells the prefetcher and the observer.
    /// </summary>
    /// <param name="layer">0-based layer, those of an encoder counted first.</param>
    /// <param name="normed">What the router has seen, [NumTokens, hidden].</param>
    /// <param name="worker">The calling worker.</param>
    public void OnRouted(int layer, Activations normed, Worker worker)
    {
        if (worker.Index == 0)
        {
            CancellationToken.ThrowIfCancellationRequested();
            Experts.OnSelected(layer, Routing, normed, NumTokens);
            Experts.StartLayer(layer, Routing, _startsText);
            Experts.Prefetch?.TellRouted(Experts.SparseLayerOf(layer), Routing, normed, NumTokens);
            Observer?.OnRouted(layer, normed, this);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DisposeDevice();
        Routing.Dispose();
        foreach (NativeBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Gives memory back that is on a device.</summary>
    protected virtual void DisposeDevice()
    {
    }

    /// <summary>Begins to say what the next run computes.</summary>
    /// <param name="experts">The experts of the model.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    internal void Prepare(ExpertCache experts, CancellationToken cancellationToken)
    {
        NumTokens = 0;
        NumLogits = 0;
        _numSegments = 0;
        _startsText = true;
        Experts = experts;
        Routing.Use(experts);
        CancellationToken = cancellationToken;
    }

    /// <summary>Adds tokens of a sequence; their rows and logits follow those of the segments before.</summary>
    /// <param name="tokens">Ids within the vocabulary, as many as the segment says.</param>
    /// <param name="segment">The segment, but for its rows.</param>
    internal void Add(ReadOnlySpan<int> tokens, Segment segment)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, MaxTokens - NumTokens, nameof(tokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segment.NumLogits, Math.Min(MaxLogits - NumLogits, tokens.Length));
        tokens.CopyTo(_tokens.AsSpan(NumTokens));
        _segments[_numSegments++] = segment with { FirstRow = NumTokens, FirstLogits = NumLogits };
        NumTokens += tokens.Length;
        NumLogits += segment.NumLogits;
        _startsText &= segment.FirstPosition == 0;
    }

    /// <summary>Allocates a row of float32 for each token.</summary>
    /// <param name="width">Elements of a row.</param>
    /// <param name="int8">Rows meet weights of 4 bits, and are quantised to 8 as well.</param>
    /// <param name="int16">Rows meet weights of 8 bits, and are quantised to 16 as well.</param>
    protected Activations Buffer(int width, bool int8 = false, bool int16 = false) => Buffer(width, int8, int16, MaxTokens);

    /// <summary>Allocates a row of float32 for each expert choice of each token.</summary>
    /// <param name="width">Elements of a row.</param>
    /// <param name="int8">Rows meet weights of 4 bits, and are quantised to 8 as well.</param>
    /// <param name="int16">Rows meet weights of 8 bits, and are quantised to 16 as well.</param>
    protected Activations ChoiceBuffer(int width, bool int8 = false, bool int16 = false) =>
        Buffer(width, int8, int16, MaxTokens * Routing.TopK);

    private Activations Buffer(int width, bool int8, bool int16, int numRows) =>
        new(
            (float*)Allocate(RowLayout.SizeInBytes(numRows, width)), width,
            int8 ? QuantizedRows(width, ActivationFormat.Int8, numRows) : default,
            int16 ? QuantizedRows(width, ActivationFormat.Int16, numRows) : default);

    private QuantizedActivations QuantizedRows(int width, ActivationFormat format, int numRows) =>
        new(Allocate((long)numRows * QuantizedActivations.BytesPerRow(width, format)), width, format);

    private byte* Allocate(long sizeInBytes)
    {
        NativeBuffer buffer = new(sizeInBytes);
        _buffers.Add(buffer);
        return buffer.Pointer;
    }
}
