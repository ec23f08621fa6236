using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// How the threads of a group share a panel of 16 rows: neighbours take a half of its rows each, and every pair of neighbours is a lane that
/// takes every <see cref="Count"/>-th unit of columns. A group of one thread takes both halves, one after the other.
/// </summary>
public static class GroupLanes
{
    /// <summary>Largest group: a power of two, as all groups are.</summary>
    public const int MaxGroupSize = 128;

    /// <summary>Most lanes of a group.</summary>
    public const int MaxCount = MaxGroupSize / Halves;

    /// <summary>Halves of a panel.</summary>
    public const int Halves = 2;

    /// <summary>The first half that this thread takes; others follow at <see cref="HalfStep"/>.</summary>
    public static int FirstHalf => Group.IdxX % Halves;

    /// <summary>From a half of this thread to its next one.</summary>
    public static int HalfStep => Group.DimX < Halves ? 1 : Halves;

    /// <summary>Place of this thread's lane.</summary>
    public static int Lane => Group.IdxX / Halves;

    /// <summary>Lanes of this group.</summary>
    public static int Count => Group.DimX < Halves ? 1 : Group.DimX / Halves;
}
