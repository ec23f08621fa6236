namespace MoeGen.Generator.Spec;

/// <summary>How a model holds its matrices in memory. Norms and biases are always float32.</summary>
internal enum WeightFormat
{
    F32,
    F16,
    BF16,
}

internal static class WeightFormats
{
    /// <summary>Bytes of one element.</summary>
    public static int BytesPerElement(this WeightFormat format) => format == WeightFormat.F32 ? 4 : 2;

    /// <summary>The name of the library's type for the format, e.g. <c>Bf16</c>.</summary>
    public static string TypeName(this WeightFormat format) => format switch
    {
        WeightFormat.F32 => "F32",
        WeightFormat.F16 => "F16",
        _ => "Bf16",
    };

    /// <summary>The name of the format inside a sentence, e.g. <c>bf16</c>.</summary>
    public static string ProseName(this WeightFormat format) => format.TypeName().ToLowerInvariant();
}
