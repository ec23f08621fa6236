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

    /// <summary>Adds what two lanes have of the same rows.</summary>
    public static Sums operator +(Sums left, Sums right)
    {
        left.Row0 += right.Row0;
        left.Row1 += right.Row1;
        left.Row2 += right.Row2;
        left.Row3 += right.Row3;
        left.Row4 += right.Row4;
        left.Row5 += right.Row5;
        left.Row6 += right.Row6;
        left.Row7 += right.Row7;
        return left;
    }
}
