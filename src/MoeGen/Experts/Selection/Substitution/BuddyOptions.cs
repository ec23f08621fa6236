namespace MoeGen.Experts.Selection.Substitution;

/// <summary>Which resident expert stands in for one that is not in memory.</summary>
public enum BuddyRanking
{
    /// <summary>The one that the token's router scores highest: what the router itself thinks next best.</summary>
    RouterScore,

    /// <summary>The one that tokens have chosen most often together with the missing one, counted while the model runs (BuddyMoE).</summary>
    CoActivation,
}

/// <summary>The choices of substituting experts (BuddyMoE, arXiv 2511.10054).</summary>
public sealed record BuddyOptions
{
    /// <summary>Which resident expert stands in.</summary>
    public BuddyRanking Ranking { get; init; }

    /// <summary>
    /// Entropy of a token's choice above which experts are substituted, 0 to 1: of its weights with sum 1, divided by that of equal ones. A
    /// peaked choice says that this expert is meant; 1: nothing is substituted.
    /// </summary>
    public float MinEntropy { get; init; }

    /// <summary>Share of a layer's experts from which on, when so many are missing, all of them are read; 1: never.</summary>
    public float MaxMissingShare { get; init; } = 1;

    /// <summary>
    /// How far below the missing expert's score that of its stand-in may lie, as a share of the distance from the best score of the layer to
    /// the worst: 0: nothing is substituted; 1: whatever is resident will do.
    /// </summary>
    public float MaxGap { get; init; } = 0.2f;

    /// <summary>Whether tokens of a prompt are substituted for, too; no: a prompt runs exactly, and with it its keys and values.</summary>
    public bool AppliesToPrompts { get; init; }

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void Validate()
    {
        Check(MinEntropy, nameof(MinEntropy));
        Check(MaxMissingShare, nameof(MaxMissingShare));
        Check(MaxGap, nameof(MaxGap));

        static void Check(float value, string name)
        {
            if (!(value is >= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; expected 0 to 1.");
            }
        }
    }
}
