using ILGPU;
using MoeGen.Kernels;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// What stands before and behind latent attention: queries into the space of the latents, attended latents to values. Formulas and the
/// order of rows: <see cref="MoeGen.Kernels.LatentAttention"/>. Heads may begin anywhere in a panel.
/// </summary>
public static class LatentKernels
{
    /// <summary>
    /// Queries in the space of the latents: <c>[W_ukᵀ q_nope | q_rope]</c>. Grid: [rounds of column pairs, heads, tokens].
    /// </summary>
    /// <typeparam name="TLatent">The dimensions.</typeparam>
    /// <typeparam name="TMatrix">kv_b_proj, in a format of floats.</typeparam>
    /// <param name="weights">Its panels.</param>
    /// <param name="queries">Queries with their rotated part behind the other, [tokens, heads * (nope + rope)].</param>
    /// <param name="latentQueries">Receives the result, [tokens, heads * (kvLoraRank + rope)].</param>
    /// <remarks>In a round each lane has one pair of columns, and its threads a half of every panel's rows.</remarks>
    public static void Absorb<TLatent, TMatrix>(ArrayView<Words> weights, ArrayView<float> queries, ArrayView<float> latentQueries)
        where TLatent : struct, ILatentShape
        where TMatrix : struct, IGpuMatrix
    {
        ArrayView<float> factors = SharedMemory.Allocate<float>(TLatent.NopeDim + (2 * PanelSums.Rows)); // of the rows of all panels
        ArrayView<Pair> sums = SharedMemory.Allocate<Pair>(GroupLanes.MaxGroupSize); // [halves, lanes]
        int head = Grid.IdxY, token = Grid.IdxZ, lanes = GroupLanes.Count, firstPair = Grid.IdxX * lanes;
        int firstRow = head * (TLatent.NopeDim + TLatent.ValueDim), place = firstRow % PanelSums.Rows;
        int numPanels = (place + TLatent.NopeDim + PanelSums.Rows - 1) / PanelSums.Rows;
        long query = ((long)token * RowStride.Of(TLatent.NumHeads * (TLatent.NopeDim + TLatent.RopeDim)))
            + (head * (TLatent.NopeDim + TLatent.RopeDim));
        long latent = ((long)token * RowStride.Of(TLatent.NumHeads * (TLatent.KvLoraRank + TLatent.RopeDim)))
            + (head * (TLatent.KvLoraRank + TLatent.RopeDim));

        // rows of the panels that are not among the query's have the factor 0
        for (int i = Group.IdxX; i < numPanels * PanelSums.Rows; i += Group.DimX)
        {
            factors[i] = i >= place && i < place + TLatent.NopeDim ? queries[query + i - place] : 0;
        }

        Group.Barrier();
        int pair = firstPair + GroupLanes.Lane;
        if (pair < RowStride.PairsOf(TLatent.KvLoraRank))
        {
            for (int half = GroupLanes.FirstHalf; half < GroupLanes.Halves; half += GroupLanes.HalfStep)
            {
                long panel = (long)(firstRow / PanelSums.Rows) * TMatrix.PanelWords;
                int factor = half * (PanelSums.Rows / GroupLanes.Halves);
                Pair sum = default;
                for (int i = 0; i < numPanels; i++)
                {
                    sum = ColumnSums.Add<TMatrix>(sum, weights, panel, half, pair, factors, factor);
                    panel += TMatrix.PanelWords;
                    factor += PanelSums.Rows;
                }

                sums[(half * lanes) + GroupLanes.Lane] = sum;
            }
        }

        Group.Barrier();
        for (int i = Group.IdxX; i < lanes; i += Group.DimX)
        {
            int column = 2 * (firstPair + i);
            if (column < TLatent.KvLoraRank)
            {
                latentQueries[latent + column] = sums[i].Even + sums[lanes + i].Even;
            }

            if (column + 1 < TLatent.KvLoraRank)
            {
                latentQueries[latent + column + 1] = sums[i].Odd + sums[lanes + i].Odd;
            }
        }

        if (Grid.IdxX == 0)
        {
            for (int i = Group.IdxX; i < TLatent.RopeDim; i += Group.DimX)
            {
                latentQueries[latent + TLatent.KvLoraRank + i] = queries[query + TLatent.NopeDim + i];
            }
        }
    }

    /// <summary>
    /// Values of the heads from attended latents: <c>y_h = W_uv attended_h</c>. Grid: [panels that a head can touch, heads, tokens].
    /// </summary>
    /// <inheritdoc cref="Absorb{TLatent, TMatrix}"/>
    /// <param name="attended">Latents that the heads have seen, [tokens, heads * kvLoraRank].</param>
    /// <param name="y">Receives the values, [tokens, heads * value].</param>
    /// <remarks>Heads that touch fewer panels have groups that leave at once.</remarks>
    public static void Expand<TLatent, TMatrix>(ArrayView<Words> weights, ArrayView<float> attended, ArrayView<float> y)
        where TLatent : struct, ILatentShape
        where TMatrix : struct, IGpuMatrix
    {
        ArrayView<Pair> latent = SharedMemory.Allocate<Pair>(RowStride.PairsOf(TLatent.KvLoraRank));
        ArrayView<float> shared = SharedMemory.Allocate<float>(PanelSums.Length);
        int head = Grid.IdxY, token = Grid.IdxZ;
        int firstRow = (head * (TLatent.NopeDim + TLatent.ValueDim)) + TLatent.NopeDim;
        int panel = (firstRow / PanelSums.Rows) + Grid.IdxX;
        if (panel * PanelSums.Rows >= firstRow + TLatent.ValueDim)
        {
            return;
        }

        // behind the latent of a head begins that of the next one, where a product expects zeros
        long first = ((long)token * RowStride.Of(TLatent.NumHeads * TLatent.KvLoraRank)) + (head * TLatent.KvLoraRank);
        for (int i = Group.IdxX; i < RowStride.PairsOf(TLatent.KvLoraRank); i += Group.DimX)
        {
            Pair pair = default;
            pair.Even = 2 * i < TLatent.KvLoraRank ? attended[first + (2 * i)] : 0;
            pair.Odd = (2 * i) + 1 < TLatent.KvLoraRank ? attended[first + (2 * i) + 1] : 0;
            latent[i] = pair;
        }

        Group.Barrier();
        ProductKernels.StoreDot<TMatrix>(shared, weights, (long)panel * TMatrix.PanelWords, latent, 0);
        Group.Barrier();

        long output = ((long)token * RowStride.Of(TLatent.NumHeads * TLatent.ValueDim)) + (head * TLatent.ValueDim);
        for (int i = Group.IdxX; i < PanelSums.Rows; i += Group.DimX)
        {
            int element = (panel * PanelSums.Rows) + i - firstRow;
            if (element >= 0 && element < TLatent.ValueDim)
            {
                y[output + element] = PanelSums.RowTotal(shared, i);
            }
        }
    }
}
