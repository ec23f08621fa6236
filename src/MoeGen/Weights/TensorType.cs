namespace MoeGen.Weights;

/// <summary>Element types of the safetensors format.</summary>
internal enum TensorType
{
    Bool,
    U8,
    I8,
    F8E5M2,
    F8E4M3,
    F8E8M0,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

internal static class TensorTypes
{
    private static readonly Dictionary<string, TensorType> s_byName = new()
    {
        ["BOOL"] = TensorType.Bool,
        ["U8"] = TensorType.U8,
        ["I8"] = TensorType.I8,
        ["F8_E5M2"] = TensorType.F8E5M2,
        ["F8_E4M3"] = TensorType.F8E4M3,
        ["F8_E8M0"] = TensorType.F8E8M0,
        ["I16"] = TensorType.I16,
        ["U16"] = TensorType.U16,
        ["F16"] = TensorType.F16,
        ["BF16"] = TensorType.BF16,
        ["I32"] = TensorType.I32,
        ["U32"] = TensorType.U32,
        ["F32"] = TensorType.F32,
        ["F64"] = TensorType.F64,
        ["I64"] = TensorType.I64,
        ["U64"] = TensorType.U64,
    };

    private static readonly Dictionary<TensorType, string> s_names = s_byName.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>All names, as an error message lists them.</summary>
    public static string AllNames { get; } = string.Join(", ", s_byName.Keys);

    public static bool TryParse(string name, out TensorType type) => s_byName.TryGetValue(name, out type);

    /// <summary>The name in a safetensors header.</summary>
    public static string Name(this TensorType type) => s_names[type];

    public static int BytesPerElement(this TensorType type) => type switch
    {
        <= TensorType.F8E8M0 => 1,
        <= TensorType.BF16 => 2,
        <= TensorType.F32 => 4,
        _ => 8,
    };

    /// <summary>The weight format with the same elements, or null.</summary>
    public static WeightFormat? ToWeightFormat(this TensorType type) => type switch
    {
        TensorType.F32 => WeightFormat.F32,
        TensorType.F16 => WeightFormat.F16,
        TensorType.BF16 => WeightFormat.BF16,
        _ => null,
    };
}
