namespace MoeGen.Experts.Eviction;

/// <summary>Gives up the expert that has been used least; among equals the least recently used.</summary>
public sealed class LfuEviction : IEviction
{
    // room for the clock below one use: exact up to 2^21 uses of an expert, and uses come first at any number
    private const double ClockRange = 1L << 32;

    private readonly bool _countsSequence;

    /// <summary>Creates the rule.</summary>
    /// <param name="countsSequence">Counts the tokens of the running sequence, its prompt included, and not the uses of the whole run.</param>
    public LfuEviction(bool countsSequence = false)
    {
        _countsSequence = countsSequence;
    }

    /// <inheritdoc/>
    public string Name => _countsSequence ? "lfu-sequence" : "lfu";

    /// <inheritdoc/>
    public double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment)
    {
        int uses = _countsSequence ? usage.SequenceTokens[key] : usage.Uses[key];
        return (uses * ClockRange) + usage.LastUse[key];
    }
}
