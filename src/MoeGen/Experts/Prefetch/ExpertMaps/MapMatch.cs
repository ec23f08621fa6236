namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>The stored map that is most like what was looked for.</summary>
/// <param name="Row">Its row in the store; -1: there is none.</param>
/// <param name="Score">Cosine, -1 to 1 within rounding.</param>
internal readonly record struct MapMatch(int Row, float Score)
{
    /// <summary>No match: the store is empty, or nothing was looked for.</summary>
    public static MapMatch None => new(-1, 0);

    public bool IsFound => Row >= 0;
}
