namespace MoeGen.Gpu;

/// <summary>Some tokens of one sequence that a pass computes, as <see cref="MoeGen.Engine.Segment"/>, with its cache on the device.</summary>
public readonly struct Segment
{
    internal Segment(MoeGen.Engine.Segment segment, DeviceCache cache, DeviceCache? inputCache)
    {
        Host = segment;
        Cache = cache;
        InputCache = inputCache!;
    }

    /// <summary>Its tokens.</summary>
    public int NumTokens => Host.NumTokens;

    /// <summary>Position of the first one in its sequence; the others follow.</summary>
    public int FirstPosition => Host.FirstPosition;

    /// <summary>Tokens of the whole text as far as it is known.</summary>
    public int Length => Host.Length;

    /// <summary>How many of its last tokens need logits.</summary>
    public int NumLogits => Host.NumLogits;

    /// <summary>Keys and values of the sequence.</summary>
    public DeviceCache Cache { get; }

    /// <summary>Keys and values that the decoder's layers made of the encoder's output; only for models with an encoder.</summary>
    public DeviceCache InputCache { get; }

    /// <summary>Tokens of the encoder's input, 0 while it runs.</summary>
    public int InputLength => Host.InputLength;

    /// <summary>Tokens of the sequence that each expert has taken; only for models whose experts take a limited number.</summary>
    public ExpertLoads Loads => new(Host.Loads);

    /// <summary>The same as the processor has it.</summary>
    internal MoeGen.Engine.Segment Host { get; }

    /// <summary>Its rows of a buffer that has one for each token of the pass.</summary>
    /// <param name="rows">[tokens of the pass, any width].</param>
    public Activations RowsOf(Activations rows) => rows.Skip(Host.FirstRow);

    /// <summary>The rows of its last tokens, those that need logits.</summary>
    /// <param name="rows">[tokens of the pass, any width].</param>
    public Activations LastRowsOf(Activations rows) => rows.Skip(Host.FirstRow + NumTokens - NumLogits);

    /// <summary>Its rows of a buffer that has one for each token that needs logits.</summary>
    /// <param name="rows">[tokens of the pass that need logits, any width].</param>
    public Activations LogitsOf(Activations rows) => rows.Skip(Host.FirstLogits);
}
