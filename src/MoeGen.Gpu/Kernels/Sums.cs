namespace MoeGen.Gpu.Kernels;

/// <summary>What a thread has added up for each of its 8 rows: half a panel. Fields, so that they stay in registers.</summary>
public struct Sums
{
    /// <summary>Sum of the first row.</summary>
    public float Row0;

    /// <summary>Sum of the second row.</summary>
    public float Row1;

    /// <summary>Sum of the third row.</summary>
    public float Row2;

    /// <summary>Sum of the fourth row.</summary>
    public float Row3;

    /// <summary>Sum of the fifth row.</summary>
    public float Row4;

    /// <summary>Sum of the sixth row.</summary>
    public float Row5;

    /// <summary>Sum of the seventh row.</summary>
    public float Row6;

    /// <summary>Sum of the eighth row.</summary>
    public float Row7;
}
