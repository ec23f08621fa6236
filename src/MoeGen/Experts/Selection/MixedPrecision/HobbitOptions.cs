namespace MoeGen.Experts.Selection.MixedPrecision;

/// <summary>The choices of mixed precision on a miss (HOBBIT, arXiv 2411.01433).</summary>
public sealed record HobbitOptions
{
    /// <summary>
    /// Share of a token's weight before an expert, those of larger weight, up to which the expert runs exactly (T1 of the paper). 1: all
    /// do; below 0: not even the first.
    /// </summary>
    public float MaxWeightBefore { get; init; } = 0.6f;

    /// <summary>The same share up to which at least the twin runs (T2 of the paper); matters where <see cref="SkipsOthers"/>.</summary>
    public float MaxTwinWeightBefore { get; init; } = 0.9f;

    /// <summary>Whether what is beyond is left out when neither it nor its twin is in memory; no: its twin runs.</summary>
    public bool SkipsOthers { get; init; }

    /// <summary>Whether twins will do for tokens of a prompt, too; no: a prompt runs exactly, and with it its keys and values.</summary>
    public bool AppliesToPrompts { get; init; }

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A share is no number, or the second one is below the first.</exception>
    internal void Validate()
    {
        if (!float.IsFinite(MaxWeightBefore))
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxWeightBefore), MaxWeightBefore,
                $"{nameof(MaxWeightBefore)} (t1) is {MaxWeightBefore}; expected a finite number.");
        }

        if (SkipsOthers && !(MaxTwinWeightBefore >= MaxWeightBefore))
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxTwinWeightBefore), MaxTwinWeightBefore,
                $"{nameof(MaxTwinWeightBefore)} (t2) is {MaxTwinWeightBefore}; expected at least t1, {MaxWeightBefore}.");
        }
    }
}
