namespace MoeGen.Weights;

/// <summary>How the matrices of a model are held in memory. Norms and biases are always float32.</summary>
public enum WeightFormat
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    F32,

    /// <summary>IEEE half precision, 2 bytes.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a single, 2 bytes.</summary>
    BF16,

    /// <summary>
    /// 8 bits and, for 32 neighbours in a row, a scale of 16: experts, attention, feed-forward parts, embedding and head. Routers, and what
    /// latent attention expands keys and values with, are in a float format.
    /// </summary>
    Q8,

    /// <summary>4 bits and, for 32 neighbours in a row, a scale of 16; embedding and head are in <see cref="Q8"/>, the rest as there.</summary>
    Q4,
}

/// <summary>Facts about <see cref="WeightFormat"/>.</summary>
public static class WeightFormats
{
    /// <summary>Whether elements share scales.</summary>
    /// <param name="format">The format.</param>
    public static bool IsQuantized(this WeightFormat format) => format is WeightFormat.Q8 or WeightFormat.Q4;

    /// <summary>Bytes of one element of a float format.</summary>
    /// <param name="format">The format.</param>
    public static int BytesPerElement(this WeightFormat format) => format == WeightFormat.F32 ? 4 : 2;
}
