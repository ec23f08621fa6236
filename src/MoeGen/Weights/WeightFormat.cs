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
}

/// <summary>Facts about <see cref="WeightFormat"/>.</summary>
public static class WeightFormats
{
    /// <summary>Bytes of one element.</summary>
    /// <param name="format">The format.</param>
    public static int BytesPerElement(this WeightFormat format) => format == WeightFormat.F32 ? 4 : 2;
}
