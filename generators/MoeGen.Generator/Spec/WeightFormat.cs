namespace MoeGen.Generator.Spec;

/// <summary>How a model holds its matrices in memory. Norms and biases are always float32.</summary>
internal enum WeightFormat
{
    F32,
    F16,
    BF16,
    Q8,
    Q4,
}

internal static class WeightFormats
{
    /// <summary>Whether elements share scales.</summary>
    public static bool IsQuantized(this WeightFormat format) => format is WeightFormat.Q8 or WeightFormat.Q4;

    /// <summary>Bytes of one element of a float format.</summary>
    public static int BytesPerElement(this WeightFormat format) => format == WeightFormat.F32 ? 4 : 2;

    /// <summary>The name of the library's type for the format, e.g. <c>Bf16</c>.</summary>
    public static string TypeName(this WeightFormat format) => format == WeightFormat.BF16 ? "Bf16" : format.ToString();

    /// <summary>The name of the format inside a sentence, e.g. <c>bf16</c>.</summary>
    public static string ProseName(this WeightFormat format) => format.TypeName().ToLowerInvariant();
}
