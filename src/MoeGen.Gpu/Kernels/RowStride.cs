namespace MoeGen.Gpu.Kernels;

/// <summary>Rows of activations on the device: float32, filled up with zeros to a multiple of 32, as rows of weights are.</summary>
public static class RowStride
{
    private const int Padding = 32;

    /// <summary>Elements from a row to the next one.</summary>
    /// <param name="width">Elements of a row.</param>
    public static int Of(int width) => (width + Padding - 1) / Padding * Padding;

    /// <summary>Pairs of elements from a row to the next one.</summary>
    /// <param name="width">Elements of a row.</param>
    public static int PairsOf(int width) => Of(width) / 2;
}
