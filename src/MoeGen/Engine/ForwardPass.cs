using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Kernels;
using MoeGen.Memory;
using MoeGen.Weights;

namespace MoeGen.Engine;

/// <summary>
/// One run of some tokens of a sequence through the model, and the working memory for it. Generated code derives from it and
/// declares the buffers its layers need. A pass is made once and used again and again; running it allocates nothing.
/// </summary>
public abstract unsafe class ForwardPass : IDisposable
{
    private readonly List<NativeBuffer> _buffers = [];
    private readonly int[] _tokens; // [MaxTokens]

    /// <summary>Creates a pass.</summary>
    /// <param name="info">The model.</param>
    /// <param name="maxTokens">Most tokens of one run.</param>
    /// <param name="maxLogits">Most tokens whose logits are asked for.</param>
    protected ForwardPass(ModelInfo info, int maxTokens, int maxLogits)
    {
        ArgumentNullException.ThrowIfNull(info);
        MaxTokens = maxTokens;
        MaxLogits = maxLogits;
        _tokens = new int[maxTokens];
        Routing = new Routing(info.NumExperts, info.TopK, maxTokens);
        Logits = Buffer(info.VocabSize, maxLogits);
    }

    /// <summary>Most tokens of one run.</summary>
    public int MaxTokens { get; }

    /// <summary>Most tokens whose logits are computed in one run.</summary>
    public int MaxLogits { get; }

    /// <summary>Tokens of this run.</summary>
    public int NumTokens { get; private set; }

    /// <summary>Ids of the tokens, [NumTokens].</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, NumTokens);

    /// <summary>Position of the first token; the others follow.</summary>
    public int FirstPosition { get; private set; }

    /// <summary>
    /// Tokens of the whole text as far as it is known: what the sequence will hold when all tokens of the caller's prompt are computed,
    /// also while the first chunks of it run.
    /// </summary>
    public int Length { get; private set; }

    /// <summary>
    /// Keys and values of the sequence. While an encoder runs, its layers have them one after the other at the place of the decoder's
    /// first: nothing else stands there yet.
    /// </summary>
    public KvCache Cache { get; private set; } = null!;

    /// <summary>Keys and values that the decoder's layers made of the encoder's output; only for models with an encoder.</summary>
    public KvCache InputCache { get; private set; } = null!;

    /// <summary>Tokens of the encoder's input, 0 while it runs.</summary>
    public int InputLength { get; private set; }

    /// <summary>Tokens of the sequence that each expert has taken; only for models whose experts take a limited number.</summary>
    public ExpertLoads Loads { get; private set; } = null!;

    /// <summary>Tokens whose logits are wanted: the last ones of the run.</summary>
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
            Experts.Prefetch?.TellStart(embeddings, NumTokens, isNewSequence: FirstPosition == 0, Experts.IsRepeat);
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
            Experts.StartLayer(layer, Routing, isNewSequence: FirstPosition == 0);
            Experts.Prefetch?.TellRouted(Experts.SparseLayerOf(layer), Routing, normed, NumTokens);
            Observer?.OnRouted(layer, normed, this);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Routing.Dispose();
        foreach (NativeBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Sets what the next run computes.</summary>
    /// <param name="tokens">Ids within the vocabulary, 1 to MaxTokens.</param>
    /// <param name="firstPosition">Position of the first one.</param>
    /// <param name="length">Tokens of the whole text, later chunks included.</param>
    /// <param name="numLogits">How many of the last tokens need logits.</param>
    /// <param name="sequence">The sequence, computed up to the first token.</param>
    /// <param name="experts">The experts of the model.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    internal void Prepare(
        ReadOnlySpan<int> tokens, int firstPosition, int length, int numLogits, Sequence sequence, ExpertCache experts,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, MaxTokens, nameof(tokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(numLogits, Math.Min(MaxLogits, tokens.Length));
        tokens.CopyTo(_tokens);
        NumTokens = tokens.Length;
        FirstPosition = firstPosition;
        Length = length;
        NumLogits = numLogits;
        Cache = sequence.Cache;
        InputCache = sequence.InputCache!;
        InputLength = sequence.InputLength;
        Loads = sequence.Loads!;
        Experts = experts;
        Routing.Use(experts);
        CancellationToken = cancellationToken;
    }

    /// <summary>Allocates a row of float32 for each token.</summary>
    /// <param name="width">Elements of a row.</param>
    protected Activations Buffer(int width) => Buffer(width, MaxTokens);

    /// <summary>Allocates a row of float32 for each expert choice of each token.</summary>
    /// <param name="width">Elements of a row.</param>
    protected Activations ChoiceBuffer(int width) => Buffer(width, MaxTokens * Routing.TopK);

    private Activations Buffer(int width, int numRows)
    {
        NativeBuffer buffer = new(RowLayout.SizeInBytes(numRows, width));
        _buffers.Add(buffer);
        return new Activations((float*)buffer.Pointer, width);
    }
}
