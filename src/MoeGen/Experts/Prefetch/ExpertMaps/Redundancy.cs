namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// How redundant a new map makes a stored one: <c>RDY = share x cos(embeddings) + (1 - share) x cos(whole maps)</c>. Replacing the most
/// redundant map keeps the store diverse.
/// </summary>
/// <remarks>Source: FineMoE (arXiv 2502.05370).</remarks>
internal static class Redundancy
{
    // no cosine is above 1, but for rounding
    private const float LargestCosine = 1.001f;

    /// <summary>The most redundant map; among equals the first.</summary>
    /// <param name="maps">Cosines of whole maps with the new one, at least one.</param>
    /// <param name="embeddings">The search that looks for the new map's embedding.</param>
    /// <param name="embeddingShare">Share of the layers that embeddings serve, d / L.</param>
    /// <returns>Its row.</returns>
    public static int Most(Cosines maps, SemanticSearch embeddings, float embeddingShare)
    {
        int best = maps.RowOf(0);
        float largest = float.NegativeInfinity;
        MapMatch likeliest = maps.Best();
        if (likeliest.IsFound)
        {
            (best, largest) = (likeliest.Row, Of(likeliest.Row, likeliest.Score));
        }

        for (int i = 0; i < maps.Count; i++)
        {
            // most maps are out whatever their embedding, which is then not read
            if ((embeddingShare * LargestCosine) + ((1 - embeddingShare) * maps[i]) < largest)
            {
                continue;
            }

            int row = maps.RowOf(i);
            float redundancy = Of(row, maps[i]);
            if (redundancy > largest || (redundancy == largest && row < best))
            {
                (best, largest) = (row, redundancy);
            }
        }

        return best;

        float Of(int row, float mapCosine) => (embeddingShare * embeddings.CosineWith(row)) + ((1 - embeddingShare) * mapCosine);
    }
}
