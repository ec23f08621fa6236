namespace MoeGen.Gpu.Kernels;

/// <summary>Rows that a norm works on.</summary>
/// <param name="width">Elements that are normalised together: a row, or a head of it.</param>
/// <param name="stride">Elements from a row to the next one.</param>
/// <param name="epsilon">Added to the mean square.</param>
public readonly struct NormShape(int width, int stride, float epsilon)
{
    /// <summary>Elements that are normalised together.</summary>
    public readonly int Width = width;

    /// <summary>Elements from a row to the next one.</summary>
    public readonly int Stride = stride;

    /// <summary>Added to the mean square.</summary>
    public readonly float Epsilon = epsilon;
}
