namespace MoeGen.Gpu.Kernels;

/// <summary>Queries that are scaled by their position.</summary>
public struct TemperatureShape
{
    /// <summary>Elements of a row.</summary>
    public int Width;

    /// <summary>Elements from a row to the next one.</summary>
    public int Stride;

    /// <summary>Position of the first row.</summary>
    public int FirstPosition;

    /// <summary>How much the logarithm counts.</summary>
    public float AttentionScale;

    /// <summary>Positions of one step.</summary>
    public float FloorScale;
}
