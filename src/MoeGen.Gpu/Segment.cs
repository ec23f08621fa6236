namespace MoeGen.Gpu;

/// <summary>Some tokens of one sequence that a pass computes, as <see cref="MoeGen.Engine.Segment"/>, with its cache on the device.</summary>
public readonly struct Segment
{
    private readonly MoeGen.Engine.Segment _segment;

    internal Segment(MoeGen.Engine.Segment segment, DeviceCache cache)
    {
        _segment = segment;
        Cache = cache;
    }

    /// <summary>Its tokens.</summary>
    public int NumTokens => _segment.NumTokens;

    /// <summary>Position of the first one in its sequence; the others follow.</summary>
    public int FirstPosition => _segment.FirstPosition;

    /// <summary>Tokens of the whole text as far as it is known.</summary>
    public int Length => _segment.Length;

    /// <summary>How many of its last tokens need logits.</summary>
    public int NumLogits => _segment.NumLogits;

    /// <summary>Keys and values of the sequence.</summary>
    public DeviceCache Cache { get; }

    /// <summary>Its rows of a buffer that has one for each token of the pass.</summary>
    /// <param name="rows">[tokens of the pass, any width].</param>
    public Activations RowsOf(Activations rows) => rows.Skip(_segment.FirstRow);

    /// <summary>The rows of its last tokens, those that need logits.</summary>
    /// <param name="rows">[tokens of the pass, any width].</param>
    public Activations LastRowsOf(Activations rows) => rows.Skip(_segment.FirstRow + NumTokens - NumLogits);

    /// <summary>Its rows of a buffer that has one for each token that needs logits.</summary>
    /// <param name="rows">[tokens of the pass that need logits, any width].</param>
    public Activations LogitsOf(Activations rows) => rows.Skip(_segment.FirstLogits);
}
