using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// What the lanes of a group have summed up for the 16 rows of a panel, in shared memory, so that one thread can add up a row. Always in the
/// order of the lanes: a result depends on the size of the group, and on nothing else.
/// </summary>
public static class PanelSums
{
    /// <summary>Rows of a panel.</summary>
    public const int Rows = 16;

    /// <summary>Elements of shared memory for a panel.</summary>
    public const int Length = Rows * RowStride;

    // one more than there are lanes: threads that add up rows beside each other meet in different banks
    private const int RowStride = GroupLanes.MaxCount + 1;

    private const int HalfRows = Rows / GroupLanes.Halves;

    /// <summary>Stores what a lane has summed up for a half of the rows. A barrier stands between this and <see cref="RowTotal"/>.</summary>
    /// <param name="shared">[<see cref="Length"/>].</param>
    /// <param name="half">Half of the rows.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="sums">Its sums.</param>
    public static void Store(ArrayView<float> shared, int half, int lane, Sums sums)
    {
        int place = (half * HalfRows * RowStride) + lane;
        shared[place] = sums.Row0;
        shared[place + RowStride] = sums.Row1;
        shared[place + (2 * RowStride)] = sums.Row2;
        shared[place + (3 * RowStride)] = sums.Row3;
        shared[place + (4 * RowStride)] = sums.Row4;
        shared[place + (5 * RowStride)] = sums.Row5;
        shared[place + (6 * RowStride)] = sums.Row6;
        shared[place + (7 * RowStride)] = sums.Row7;
    }

    /// <summary>Adds up a row.</summary>
    /// <param name="shared">[<see cref="Length"/>].</param>
    /// <param name="row">Row of the panel, 0 to 15.</param>
    public static float RowTotal(ArrayView<float> shared, int row)
    {
        int place = row * RowStride, end = place + GroupLanes.Count;
        float total = 0;
        for (; place < end; place++)
        {
            total += shared[place];
        }

        return total;
    }
}
