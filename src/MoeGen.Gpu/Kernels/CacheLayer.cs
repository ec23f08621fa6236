using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>Keys and values of one layer of a sequence, float32: a row per position, position p in row <c>p % Length</c>.</summary>
public struct CacheLayer
{
    /// <summary>The memory of the sequence, all layers.</summary>
    public ArrayView<float> Memory;

    /// <summary>First key, [key/value heads, Length] rows.</summary>
    public long Keys;

    /// <summary>First value, the same shape; where values are the beginnings of keys, not used.</summary>
    public long Values;

    /// <summary>Rows of a head.</summary>
    public int Length;

    /// <summary>Position of the first token; the others follow.</summary>
    public int FirstPosition;
}
