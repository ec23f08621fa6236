using MoeGen.Generator.Spec;

namespace MoeGen.Testing;

/// <summary>Buckets of relative positions, by the definition of T5 in the types that torch has for it.</summary>
internal static class ReferencePositions
{
    /// <summary>The bucket of a distance.</summary>
    /// <param name="bias">The positions.</param>
    /// <param name="distance">Key position minus query position.</param>
    /// <param name="isBidirectional">Half of the buckets are for keys behind the query.</param>
    public static int Bucket(RelativeBiasSpec bias, int distance, bool isBidirectional)
    {
        int buckets = isBidirectional ? bias.NumBuckets / 2 : bias.NumBuckets;
        int offset = isBidirectional && distance > 0 ? buckets : 0;
        int away = isBidirectional ? Math.Abs(distance) : Math.Max(0, -distance);
        int exact = buckets / 2;
        if (away < exact)
        {
            return offset + away;
        }

        float shared = MathF.Log(away / (float)exact) / (float)Math.Log(bias.MaxDistance / (double)exact) * (buckets - exact);
        return offset + Math.Min(buckets - 1, exact + (int)shared);
    }
}
