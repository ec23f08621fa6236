using MoeGen.Engine;

namespace MoeGen.Experts.Selection;

/// <summary>
/// The question of which experts a token runs. Without a selection they are those that its router chooses, and the model is exact; a
/// selection may let fewer of them run, or let only some experts of a layer compete. Calls come from the thread that runs the model, one
/// at a time; they neither wait nor allocate.
/// </summary>
public interface ISelection : IDisposable
{
    /// <summary>What users call it.</summary>
    string Name { get; }

    /// <summary>Experts that a token runs, 1 to as many as its router chooses; stays the same while a pass runs.</summary>
    /// <param name="token">Row of the token in the pass, 0-based.</param>
    int NumChosenOf(int token);

    /// <summary>
    /// Which experts of a layer compete; stays the same while a pass runs. A token for whose router fewer compete than it would choose
    /// runs those.
    /// </summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <returns>[experts]; empty: all of them.</returns>
    ReadOnlySpan<bool> Competing(int layer);

    /// <summary>A pass begins: the moment to change what <see cref="NumChosenOf"/> and <see cref="Competing"/> say.</summary>
    /// <param name="start">The pass.</param>
    void OnPassStart(in SelectionPass start);

    /// <summary>
    /// The experts of a sparse layer have been chosen and are about to be asked for: the moment to put others in the place of some, in
    /// <see cref="Routing.TopKIds"/> and <see cref="Routing.TopKWeights"/>. A token must not have an expert twice.
    /// </summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="routing">Logits, choices of the router and choices that run.</param>
    /// <param name="numTokens">Tokens of the pass.</param>
    void Revise(int layer, Routing routing, int numTokens)
    {
    }

    /// <summary>
    /// For which experts of the layer that <see cref="Revise"/> was called for the twin will do, a smaller copy of less precision: it is
    /// read where neither is in memory, and used where it is. Asked only where experts have twins (<see cref="Offloading.UsesTwins"/>).
    /// </summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <returns>[experts]; empty: for none.</returns>
    ReadOnlySpan<bool> TakesTwin(int layer) => default;

    /// <summary>A sparse layer has been routed.</summary>
    /// <param name="layer">The layer.</param>
    void OnRouted(in SelectedLayer layer);

    /// <summary>
    /// A pass has ended: asked for each of its segments, in their order, before the next pass begins. Not called for a pass that was
    /// interrupted.
    /// </summary>
    /// <param name="segment">The segment.</param>
    /// <param name="logits">Scores of the vocabulary after its last token, [vocabulary] f32; empty where nobody asked for them.</param>
    /// <returns>
    /// Whether the same tokens are to be run again, in a pass that overwrites their keys and values and whose logits count. It has those
    /// segments of this one that are to be run again, and no others.
    /// </returns>
    bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits);
}

/// <summary>A pass that begins.</summary>
/// <param name="segments">The sequences that take part, in the order of their rows.</param>
/// <param name="isRepeat">Whether the selection has asked for it: the segments are some of those of the pass before.</param>
public readonly ref struct SelectionPass(ReadOnlySpan<Segment> segments, bool isRepeat = false)
{
    /// <summary>The sequences that take part, in the order of their rows.</summary>
    public ReadOnlySpan<Segment> Segments { get; } = segments;

    /// <summary>Whether the selection has asked for it: the segments are some of those of the pass before.</summary>
    public bool IsRepeat { get; } = isRepeat;

    /// <summary>Tokens of the pass.</summary>
    public int NumTokens => Segments.IsEmpty ? 0 : Segments[^1].FirstRow + Segments[^1].NumTokens;

    /// <summary>Whether all of them are decode steps.</summary>
    public bool IsDecode => All(static segment => segment.IsDecode);

    /// <summary>Whether all of them begin: what older texts were about is of no use to any.</summary>
    public bool IsNewText => All(static segment => segment.IsNewSequence);

    private bool All(Func<Segment, bool> holds)
    {
        foreach (Segment segment in Segments)
        {
            if (!holds(segment))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A sparse layer that has been routed under a selection.</summary>
/// <param name="layer">0-based sparse layer.</param>
/// <param name="routing">Logits, choices of the router and choices that run.</param>
/// <param name="inputs">What the router has seen, [tokens, hidden].</param>
/// <param name="numTokens">Tokens of the pass.</param>
public readonly ref struct SelectedLayer(int layer, Routing routing, Kernels.Activations inputs, int numTokens)
{
    /// <summary>0-based sparse layer.</summary>
    public int Layer { get; } = layer;

    /// <summary>Logits, choices of the router and choices that run.</summary>
    public Routing Routing { get; } = routing;

    /// <summary>What the router has seen, [tokens, hidden].</summary>
    public Kernels.Activations Inputs { get; } = inputs;

    /// <summary>Tokens of the pass.</summary>
    public int NumTokens { get; } = numTokens;
}

/// <summary>What a selection needs to know of the model that it works for.</summary>
/// <param name="Grid">Its experts.</param>
/// <param name="Fingerprint">Fingerprint of its spec (<see cref="ModelInfo.Fingerprint"/>).</param>
/// <param name="Residency">Says which experts are in memory.</param>
public sealed record SelectionSetup(ExpertGrid Grid, string Fingerprint, IResidency Residency)
{
    /// <summary>Hears what is odd about a selection for this model, in one line for people.</summary>
    public Action<string> Notice { get; init; } = _ => { };
}

/// <summary>Says which experts are in memory.</summary>
public interface IResidency
{
    /// <summary>Whether an expert can be used at once. Takes no lock; the answer may be a moment old.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="expert">0-based expert of the layer.</param>
    bool IsResident(int layer, int expert);
}
