namespace MoeGen.Planning;

/// <summary>A method that was considered.</summary>
/// <param name="Name">Its preset, with its choices (<see cref="Offloading.Parse"/>).</param>
/// <param name="TpotMs">Time of a decoded token that is expected of it, milliseconds.</param>
/// <param name="Agreement">
/// Share of the profile's tokens that it finds most probable as the exact model does; null: it is exact, and its time was simulated.
/// </param>
public sealed record AutoCandidate(string Name, double TpotMs, double? Agreement);

/// <summary>What a profile has led to.</summary>
/// <param name="Offloading">The method.</param>
/// <param name="Explanation">Why, in a sentence for people.</param>
/// <param name="Candidates">All that were considered, the fastest first; empty where there was nothing to choose.</param>
public sealed record AutoChoice(Offloading Offloading, string Explanation, IReadOnlyList<AutoCandidate> Candidates);
