namespace MoeGen.Benchmarks.Measuring;

/// <summary>One measurement.</summary>
/// <param name="Round">The round, from 0.</param>
/// <param name="BudgetPercent">Share of the experts that fit into the budget; 100: all.</param>
/// <param name="Method">Name of the offloading method.</param>
internal readonly record struct Configuration(int Round, int BudgetPercent, string Method);

/// <summary>What is measured, and in which order.</summary>
internal static class MeasurementPlan
{
    public const int Everything = 100;

    /// <summary>Every method that offloads.</summary>
    public static string[] AllMethods { get; } = [WithHistory, .. Offloading.ExactNames.Where(name => name != Resident)];

    /// <summary>FineMoE with the expert maps of other texts of the same kinds: how its paper measures it.</summary>
    public const string WithHistory = "finemoe-history";

    /// <summary>What the methods are compared with: no offloading.</summary>
    public static string Resident => Offloading.Resident().Name;

    /// <summary>
    /// All measurements. Each second round has the reverse order, so that a machine that slows down or speeds up favours nobody.
    /// </summary>
    public static IEnumerable<Configuration> Configurations(int rounds, IReadOnlyList<int> budgetPercents, IReadOnlyList<string> methods)
    {
        for (int round = 0; round < rounds; round++)
        {
            Configuration[] configurations =
            [
                new(round, Everything, Resident),
                .. from percent in budgetPercents from method in methods select new Configuration(round, percent, method),
            ];
            foreach (Configuration configuration in round % 2 == 0 ? configurations : configurations.Reverse())
            {
                yield return configuration;
            }
        }
    }

    /// <summary>
    /// Texts of a round: each goes on where the one before has stopped, so that all texts have their turn; for all methods of a round the
    /// same.
    /// </summary>
    /// <param name="texts">All texts.</param>
    /// <param name="round">The round.</param>
    /// <param name="promptsPerRound">Prompts that a round takes, one from a text at a time.</param>
    public static IEnumerable<string> TextsOf(IReadOnlyList<string> texts, int round, int promptsPerRound)
    {
        int first = round * promptsPerRound % texts.Count;
        return texts.Skip(first).Concat(texts.Take(first));
    }
}
