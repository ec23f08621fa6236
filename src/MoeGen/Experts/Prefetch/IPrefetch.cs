using MoeGen.Engine;

namespace MoeGen.Experts.Prefetch;

/// <summary>
/// The question of what to load ahead. A prefetcher hears how a pass gets on and says what it expects; whether and when something is
/// copied is the scheduler's business. Calls come one at a time, in the order of the pass, on a thread of their own: a prefetcher may take
/// its time, and what comes too late is dropped.
/// </summary>
public interface IPrefetch : IDisposable
{
    /// <summary>What users call it.</summary>
    string Name { get; }

    /// <summary>Whether <see cref="RoutedLayer.NextProbabilities"/> is wanted, which costs the model a product for each layer.</summary>
    bool NeedsNextRouter => false;

    /// <summary>A pass begins; its tokens have been embedded.</summary>
    /// <param name="start">The pass.</param>
    /// <param name="predictions">Takes what is expected.</param>
    void OnPassStart(in PassStart start, IPredictions predictions);

    /// <summary>A sparse layer has been routed.</summary>
    /// <param name="routed">The layer.</param>
    /// <param name="predictions">Takes what is expected.</param>
    void OnRouted(in RoutedLayer routed, IPredictions predictions);

    /// <summary>The pass has ended: the place for everything that is not urgent. Not called for a pass that was interrupted.</summary>
    void OnPassEnd();
}

/// <summary>Takes what a prefetcher expects of the pass that it was told of.</summary>
public interface IPredictions
{
    /// <summary>Says how probable the experts of a layer are, which evictions may ask for.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="probabilities">[experts] f32.</param>
    void Expect(int layer, ReadOnlySpan<float> probabilities);

    /// <summary>Asks for an expert before its layer runs. Ignored when it is resident, already asked for, or the layer has begun.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    /// <param name="probability">How probably the layer will choose it; what is more probable and nearer is copied first.</param>
    void Prefetch(int layer, int expert, float probability);
}

/// <summary>A pass that begins.</summary>
/// <param name="pass">Number of the pass, counted from 1.</param>
/// <param name="isNewSequence">Whether it is the first of its sequence, or of all sequences that run together.</param>
/// <param name="numTokens">Tokens of the pass; 1: a decode step; several: a chunk of a prompt, or steps of several sequences.</param>
/// <param name="embeddings">What the model's embedding made of the tokens, [tokens, hidden] f32.</param>
/// <param name="isRepeat">Whether the tokens are those of the pass before, which a selection has asked to run again.</param>
/// <param name="segmentEnds">One past the last token of each sequence, ascending, [sequences]; empty: all tokens are of one.</param>
public readonly ref struct PassStart(
    long pass, bool isNewSequence, int numTokens, ReadOnlySpan<float> embeddings, bool isRepeat = false,
    ReadOnlySpan<int> segmentEnds = default)
{
    /// <summary>Number of the pass, counted from 1.</summary>
    public long Pass { get; } = pass;

    /// <summary>Whether it is the first of its sequence, or of all sequences that run together.</summary>
    public bool IsNewSequence { get; } = isNewSequence;

    /// <summary>Tokens of the pass; 1: a decode step; several: a chunk of a prompt, or steps of several sequences.</summary>
    public int NumTokens { get; } = numTokens;

    /// <summary>Whether the tokens are those of the pass before, which a selection has asked to run again.</summary>
    public bool IsRepeat { get; } = isRepeat;

    /// <summary>What the model's embedding made of the tokens, [tokens, hidden] f32.</summary>
    public ReadOnlySpan<float> Embeddings { get; } = embeddings;

    /// <summary>One past the last token of each sequence, ascending, [sequences]; empty: all tokens are of one.</summary>
    public ReadOnlySpan<int> SegmentEnds { get; } = segmentEnds;

    internal int NumSegments => Math.Max(1, SegmentEnds.Length);

    /// <summary>The tokens of a sequence.</summary>
    /// <param name="index">0-based sequence of the pass.</param>
    internal Share SegmentAt(int index) =>
        SegmentEnds.IsEmpty ? new Share(0, NumTokens) : new Share(index == 0 ? 0 : SegmentEnds[index - 1], SegmentEnds[index]);
}

/// <summary>A sparse layer that has been routed.</summary>
/// <param name="layer">0-based sparse layer.</param>
/// <param name="numTokens">Tokens of the pass.</param>
/// <param name="probabilities">Router distribution of every token, sum 1, [tokens, experts] f32.</param>
/// <param name="chosen">Experts of every token, best first, -1 for a dropped choice, [tokens, topK].</param>
/// <param name="nextProbabilities">
/// What the router of the next sparse layer makes of this layer's router input, for the last token, [experts] f32; empty for the last layer,
/// and where nobody wants it.
/// </param>
public readonly ref struct RoutedLayer(
    int layer, int numTokens, ReadOnlySpan<float> probabilities, ReadOnlySpan<int> chosen, ReadOnlySpan<float> nextProbabilities)
{
    /// <summary>0-based sparse layer.</summary>
    public int Layer { get; } = layer;

    /// <summary>Tokens of the pass.</summary>
    public int NumTokens { get; } = numTokens;

    /// <summary>Router distribution of every token, sum 1, [tokens, experts] f32.</summary>
    public ReadOnlySpan<float> Probabilities { get; } = probabilities;

    /// <summary>Experts of every token, best first, -1 for a dropped choice, [tokens, topK].</summary>
    public ReadOnlySpan<int> Chosen { get; } = chosen;

    /// <summary>
    /// What the router of the next sparse layer makes of this layer's router input, for the last token, [experts] f32; empty for the last
    /// layer, and where nobody wants it.
    /// </summary>
    public ReadOnlySpan<float> NextProbabilities { get; } = nextProbabilities;
}
