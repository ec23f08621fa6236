namespace MoeGen.Gpu.Kernels;

/// <summary>The part of every head that rotary positions turn.</summary>
public struct RotationShape
{
    /// <summary>Elements from a row to the next one.</summary>
    public int Stride;

    /// <summary>Elements of a head.</summary>
    public int HeadDim;

    /// <summary>First element of a head that is turned.</summary>
    public int FirstDim;

    /// <summary>Elements that are turned.</summary>
    public int RotaryDim;

    /// <summary>1: neighbours are pairs; 0: the two halves are.</summary>
    public int IsInterleaved;
}
