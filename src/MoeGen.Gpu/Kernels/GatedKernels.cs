using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>First half of a feed-forward network that every token uses; one group for each panel and token.</summary>
public static class GatedKernels
{
    /// <summary><c>y = activation(gate x, up x)</c>. Grid: [panels, tokens].</summary>
    /// <typeparam name="TMatrix">Gate and up.</typeparam>
    /// <typeparam name="TActivation">What joins them.</typeparam>
    /// <param name="gate">Panels of gate_proj.</param>
    /// <param name="up">Panels of up_proj.</param>
    /// <param name="x">Inputs, [tokens, hidden] rows of pairs.</param>
    /// <param name="y">Outputs, [tokens, intermediate].</param>
    public static void Multiply<TMatrix, TActivation>(
        ArrayView<Words> gate, ArrayView<Words> up, ArrayView<Pair> x, ArrayView<float> y)
        where TMatrix : struct, IGpuMatrix
        where TActivation : struct, IGpuActivation
    {
        ArrayView<float> gates = SharedMemory.Allocate<float>(PanelSums.Length), ups = SharedMemory.Allocate<float>(PanelSums.Length);
        int panel = Grid.IdxX, token = Grid.IdxY;
        long words = (long)panel * TMatrix.PanelWords, row = (long)token * RowStride.PairsOf(TMatrix.Columns);
        ProductKernels.StoreDot<TMatrix>(gates, gate, words, x, row);
        ProductKernels.StoreDot<TMatrix>(ups, up, words, x, row);
        Group.Barrier();
        for (int i = Group.IdxX; i < PanelSums.Rows; i += Group.DimX)
        {
            int element = (panel * PanelSums.Rows) + i;
            if (element < TMatrix.Rows)
            {
                y[((long)token * RowStride.Of(TMatrix.Rows)) + element] =
                    TActivation.Apply(PanelSums.RowTotal(gates, i), PanelSums.RowTotal(ups, i));
            }
        }
    }

    /// <summary><c>y = activation(up x, 1)</c>. Grid: [panels, tokens].</summary>
    /// <typeparam name="TMatrix">Up.</typeparam>
    /// <typeparam name="TActivation">What to make of it.</typeparam>
    /// <param name="up">Panels of up_proj.</param>
    /// <param name="x">Inputs, [tokens, hidden] rows of pairs.</param>
    /// <param name="y">Outputs, [tokens, intermediate].</param>
    public static void MultiplyUp<TMatrix, TActivation>(ArrayView<Words> up, ArrayView<Pair> x, ArrayView<float> y)
        where TMatrix : struct, IGpuMatrix
        where TActivation : struct, IGpuActivation
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(PanelSums.Length);
        int panel = Grid.IdxX, token = Grid.IdxY;
        long row = (long)token * RowStride.PairsOf(TMatrix.Columns);
        ProductKernels.StoreDot<TMatrix>(shared, up, (long)panel * TMatrix.PanelWords, x, row);
        Group.Barrier();
        for (int i = Group.IdxX; i < PanelSums.Rows; i += Group.DimX)
        {
            int element = (panel * PanelSums.Rows) + i;
            if (element < TMatrix.Rows)
            {
                y[((long)token * RowStride.Of(TMatrix.Rows)) + element] = TActivation.Apply(PanelSums.RowTotal(shared, i), 1);
            }
        }
    }

    /// <summary><c>x *= sigmoid(score)</c>, a score for each row. Grid: [1, tokens].</summary>
    /// <param name="x">[tokens, width].</param>
    /// <param name="scores">[tokens, 1].</param>
    /// <param name="width">Elements of a row.</param>
    public static void ScaleRows(ArrayView<float> x, ArrayView<float> scores, int width)
    {
        int token = Grid.IdxY;
        float factor = 1 / (1 + MathF.Exp(-scores[token * RowStride.Of(1)]));
        for (int i = Group.IdxX; i < width; i += Group.DimX)
        {
            x[((long)token * RowStride.Of(width)) + i] *= factor;
        }
    }
}
