namespace MoeGen.Experts.Prefetch;

/// <summary>Lengths of vectors, summed in double, as cosines need them.</summary>
internal static class VectorLength
{
    /// <summary>The length's square.</summary>
    public static double SquareOf(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += (double)value * value;
        }

        return sum;
    }

    /// <summary>1 / length; 0 where float has no such number, so that the cosines of a zero vector are 0.</summary>
    public static float Inverse(double square)
    {
        float inverse = (float)(1 / Math.Sqrt(square));
        return float.IsFinite(inverse) ? inverse : 0;
    }

    /// <summary>1 / length of a vector.</summary>
    public static float InverseOf(ReadOnlySpan<float> values) => Inverse(SquareOf(values));
}
