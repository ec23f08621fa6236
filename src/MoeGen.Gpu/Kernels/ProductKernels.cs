using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>Products of one matrix and the rows of some tokens; one group for each panel and token.</summary>
public static class ProductKernels
{
    /// <summary><c>y = scale * (W x + bias)</c>, or that added to y. Grid: [panels, tokens].</summary>
    /// <typeparam name="TMatrix">The matrix.</typeparam>
    /// <param name="weights">Its panels.</param>
    /// <param name="x">Inputs, [tokens, columns] rows of pairs.</param>
    /// <param name="y">Outputs, [tokens, rows].</param>
    /// <param name="bias">[rows]; empty: none.</param>
    /// <param name="scale">Factor on the product, its bias included.</param>
    /// <param name="kept">Factor on what stands in y: 1 adds to it, 0 writes it, whatever stood there.</param>
    public static void Multiply<TMatrix>(
        ArrayView<Words> weights, ArrayView<Pair> x, ArrayView<float> y, ArrayView<float> bias, float scale, int kept)
        where TMatrix : struct, IGpuMatrix
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(PanelSums.Length);
        int panel = Grid.IdxX, token = Grid.IdxY;
        StoreDot<TMatrix>(shared, weights, (long)panel * TMatrix.PanelWords, x, (long)token * RowStride.PairsOf(TMatrix.Columns));
        Group.Barrier();

        for (int i = Group.IdxX; i < PanelSums.Rows; i += Group.DimX)
        {
            int row = (panel * PanelSums.Rows) + i;
            if (row < TMatrix.Rows)
            {
                long place = ((long)token * RowStride.Of(TMatrix.Rows)) + row;
                float product = PanelSums.RowTotal(shared, i) + (bias.Length > 0 ? bias[row] : 0);
                y[place] = (scale * product) + (kept != 0 ? y[place] : 0);
            }
        }
    }

    /// <summary>Leaves the products of a panel and one row of activations in shared memory, lane by lane.</summary>
    /// <param name="shared">[<see cref="PanelSums.Length"/>]; a barrier stands behind it.</param>
    /// <param name="weights">Memory with the panel.</param>
    /// <param name="panel">Its first word.</param>
    /// <param name="x">Memory with the activations.</param>
    /// <param name="row">Their first pair.</param>
    internal static void StoreDot<TMatrix>(ArrayView<float> shared, ArrayView<Words> weights, long panel, ArrayView<Pair> x, long row)
        where TMatrix : struct, IGpuMatrix
    {
        int lane = GroupLanes.Lane, lanes = GroupLanes.Count;
        for (int half = GroupLanes.FirstHalf; half < GroupLanes.Halves; half += GroupLanes.HalfStep)
        {
            PanelSums.Store(shared, half, lane, TMatrix.Dot(weights, panel, x, row, half, lane, lanes));
        }
    }
}
