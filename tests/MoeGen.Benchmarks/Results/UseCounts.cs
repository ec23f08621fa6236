using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Results;

/// <summary>Uses of experts by decoded tokens.</summary>
/// <param name="Hits">The expert was in memory when the router asked.</param>
/// <param name="LateHits">It was on its way.</param>
/// <param name="Misses">Nobody had begun to load it.</param>
internal readonly record struct UseCounts(long Hits, long LateHits, long Misses)
{
    public long All => Hits + LateHits + Misses;

    public double HitShare => Share(Hits);

    public double LateHitShare => Share(LateHits);

    public double MissShare => Share(Misses);

    public static UseCounts operator +(UseCounts a, UseCounts b) =>
        new(a.Hits + b.Hits, a.LateHits + b.LateHits, a.Misses + b.Misses);

    /// <summary>Reads what `moegen bench` and `moegen simulate` print.</summary>
    public static UseCounts Read(JsonNode json) => new(
        json["expert_hits"]!.GetValue<long>(), json["expert_late_hits"]!.GetValue<long>(), json["expert_misses"]!.GetValue<long>());

    private double Share(long count) => All == 0 ? 0 : count / (double)All;
}
