namespace MoeGen.Benchmarks;

/// <summary>What the offloading benchmark is asked to do.</summary>
internal sealed record OffloadingSettings
{
    /// <summary>The command line that has asked, as it can be typed in again.</summary>
    public required string Command { get; init; }

    /// <summary>Folder for the model, which stays; null: a temporary one.</summary>
    public string? WorkFolder { get; init; }

    public required ByteSize ExpertBytes { get; init; }

    /// <summary>Shares of the bytes of all experts that fit into the budget, in percent.</summary>
    public required IReadOnlyList<int> BudgetPercents { get; init; }

    public required IReadOnlyList<string> Methods { get; init; }

    public required int Rounds { get; init; }

    public required int PromptTokens { get; init; }

    public required int Tokens { get; init; }

    /// <summary>Counted runs of a round; one more comes first and is not counted.</summary>
    public required int Runs { get; init; }

    /// <summary>Text files that prompts are cut from.</summary>
    public required IReadOnlyList<string> Texts { get; init; }

    public required string DocsFolder { get; init; }

    public bool Continues { get; init; }

    public bool SkipsMeasurement { get; init; }

    public bool SkipsSimulation { get; init; }
}
