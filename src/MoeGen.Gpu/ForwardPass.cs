using MoeGen.Engine;

namespace MoeGen.Gpu;

/// <summary>
/// One run of some tokens through the model on a device, and the working memory for it. Generated code derives from it and declares the
/// buffers its layers need.
/// </summary>
public abstract class ForwardPass : MoeGen.Engine.ForwardPass
{
    private readonly GpuDevice _device;
    private readonly List<RowBuffer> _buffers = [];
    private readonly Segment[] _segments;
    private readonly bool _hasEncoder;
    private readonly bool _limitsExperts; // tokens are counted in host memory

    /// <summary>Creates a pass.</summary>
    /// <param name="device">The device.</param>
    /// <param name="info">The model.</param>
    /// <param name="maxTokens">Most tokens of one run.</param>
    /// <param name="maxLogits">Most tokens whose logits are asked for; so many sequences may take part.</param>
    protected ForwardPass(GpuDevice device, ModelInfo info, int maxTokens, int maxLogits)
        : base(info, maxTokens, maxLogits)
    {
        _device = device;
        _hasEncoder = info.HasEncoder;
        _limitsExperts = info.ExpertCapacity is not null;
        _segments = new Segment[Math.Max(1, maxLogits)];
        Routing = new Routing(device, base.Routing, maxTokens);
        Logits = Buffer(info.VocabSize, maxLogits);
    }

    /// <summary>The sequences that the tokens belong to, in the order of their rows.</summary>
    public new ReadOnlySpan<Segment> Segments => _segments.AsSpan(0, base.Segments.Length);

    /// <summary>Scores of the vocabulary, [NumLogits, vocabulary].</summary>
    public new Activations Logits { get; }

    /// <summary>Choices of experts in the current layer.</summary>
    public new Routing Routing { get; }

    /// <summary>Stops the run between two layers.</summary>
    internal CancellationToken Cancellation => CancellationToken;

    /// <summary>Called when the tokens have been embedded.</summary>
    /// <param name="embeddings">What the embedding made of the tokens, [NumTokens, hidden].</param>
    /// <param name="worker">The calling worker.</param>
    public void OnEmbedded(Activations embeddings, Worker worker) => base.OnEmbedded(embeddings.Buffer.Host, worker);

    /// <summary>Called by a sparse layer when its routing is complete.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="normed">What the router has seen, [NumTokens, hidden].</param>
    /// <param name="worker">The calling worker.</param>
    public void OnRouted(int layer, Activations normed, Worker worker)
    {
        if (Routing.IsOnDevice)
        {
            CancellationToken.ThrowIfCancellationRequested();
            return;
        }

        if (IsWatched)
        {
            normed.Buffer.Download(NumTokens);
        }

        base.OnRouted(layer, normed.Buffer.Host, worker);
    }

    /// <summary>Begins a run: what the processor has prepared goes to the device.</summary>
    internal void Begin()
    {
        ReadOnlySpan<MoeGen.Engine.Segment> segments = base.Segments;
        for (int i = 0; i < segments.Length; i++)
        {
            _segments[i] = new Segment(segments[i], CacheOf(segments[i].Cache), _hasEncoder ? CacheOf(segments[i].InputCache) : null);
        }

        Routing.NumChoices = NumTokens * Routing.Host.TopK;
        Routing.MayStayOnDevice = !IsWatched && !_limitsExperts && Experts.IsResident;
    }

    /// <summary>Ends a run: its logits come to host memory, and nothing of it runs any more.</summary>
    internal void End()
    {
        Logits.Buffer.DownloadTo(base.Logits, NumLogits);
        _device.Synchronize();
    }

    /// <summary>Allocates a row of float32 for each token.</summary>
    /// <param name="width">Elements of a row.</param>
    protected Activations Buffer(int width) => Buffer(width, MaxTokens);

    /// <summary>Allocates a row of float32 for each expert choice of each token.</summary>
    /// <param name="width">Elements of a row.</param>
    protected Activations ChoiceBuffer(int width) => Buffer(width, MaxTokens * Routing.Host.TopK);

    /// <inheritdoc/>
    protected override void DisposeDevice()
    {
        Routing.Dispose();
        foreach (RowBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    // whether a prefetcher, a selection or an observer looks at what routers see and choose
    private bool IsWatched => Experts.Prefetch is not null || Experts.Selection is not null || Observer is not null;

    private DeviceCache CacheOf(KvCache cache) => (DeviceCache)(cache.DeviceMemory ??= new DeviceCache(_device, cache.Layout));

    private Activations Buffer(int width, int numRows)
    {
        RowBuffer buffer = new(_device, numRows, width);
        _buffers.Add(buffer);
        return new Activations(buffer);
    }
}
