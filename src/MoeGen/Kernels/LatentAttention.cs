using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>Shape of multi-head latent attention as constants of a type.</summary>
public interface ILatentShape
{
    /// <summary>Query heads.</summary>
    static abstract int NumHeads { get; }

    /// <summary>Elements of a query or key that have no position (<c>qk_nope_head_dim</c>).</summary>
    static abstract int NopeDim { get; }

    /// <summary>Elements of a query or key that are rotated (<c>qk_rope_head_dim</c>).</summary>
    static abstract int RopeDim { get; }

    /// <summary>Elements of a head's value (<c>v_head_dim</c>).</summary>
    static abstract int ValueDim { get; }

    /// <summary>Elements of the latent that keys and values of all heads are made of (<c>kv_lora_rank</c>).</summary>
    static abstract int KvLoraRank { get; }
}

/// <summary>
/// Multi-head latent attention without ever making the keys and values of the heads: what would expand the latents is applied to the
/// queries before, and to the attended latents behind the attention (DeepSeek-V2, arXiv 2405.04434, section 2.1.2). The cache holds one
/// key for all heads, [latent | rotated part], whose beginning is also the value.
/// </summary>
/// <remarks>
/// Rows of kv_b_proj, head by head: NopeDim rows of <c>W_uk</c>, then ValueDim rows of <c>W_uv</c>; <c>q · (W_uk c) = (W_ukᵀ q) · c</c>.
/// Workers share the pairs of head and token, head by head.
/// </remarks>
public static unsafe class LatentAttention
{
    // columns of W_uk that are summed together: four sums that do not wait for each other
    private const int ColumnsTogether = 4;

    /// <summary>Queries in the space of the latents: <c>[W_ukᵀ q_nope | q_rope]</c> of every head.</summary>
    /// <typeparam name="TLatent">The dimensions.</typeparam>
    /// <typeparam name="TShape">Shape of kv_b_proj.</typeparam>
    /// <typeparam name="TFormat">Format of kv_b_proj.</typeparam>
    /// <param name="kvBProj">Weights, [heads * (nope + value), kvLoraRank].</param>
    /// <param name="queries">Queries with their rotated part behind the other, [numTokens, heads * (nope + rope)] f32.</param>
    /// <param name="latentQueries">Receives the result, [numTokens, heads * (kvLoraRank + rope)] f32; may not alias.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Absorb<TLatent, TShape, TFormat>(
        Matrix<TShape, TFormat> kvBProj, Activations queries, Activations latentQueries, int numTokens, Worker worker)
        where TLatent : struct, ILatentShape
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        float* sum = stackalloc float[MatrixLayout.PaddedColumns(TLatent.KvLoraRank)];
        float* factors = stackalloc float[PaddedFactors(TLatent.NopeDim)];
        Share units = worker.Share(TLatent.NumHeads * numTokens);
        for (int unit = units.Start; unit < units.End; unit++)
        {
            int head = unit / numTokens, token = unit % numTokens;
            float* query = queries.Row(token) + ((nint)head * (TLatent.NopeDim + TLatent.RopeDim));
            float* latent = latentQueries.Row(token) + ((nint)head * (TLatent.KvLoraRank + TLatent.RopeDim));
            ReadOnlySpan<float> nope = new(query, TLatent.NopeDim);
            if (Vector512.IsHardwareAccelerated)
            {
                SumRows<Simd512, Vector512<float>, TShape, TFormat>(kvBProj, FirstRow<TLatent>(head), nope, factors, sum);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                SumRows<Simd256, Vector256<float>, TShape, TFormat>(kvBProj, FirstRow<TLatent>(head), nope, factors, sum);
            }
            else
            {
                SumRows<Simd128, Vector128<float>, TShape, TFormat>(kvBProj, FirstRow<TLatent>(head), nope, factors, sum);
            }

            // the sum is filled up to whole vectors, a head of the result is not
            new Span<float>(sum, TLatent.KvLoraRank).CopyTo(new Span<float>(latent, TLatent.KvLoraRank));
            new Span<float>(query + TLatent.NopeDim, TLatent.RopeDim)
                .CopyTo(new Span<float>(latent + TLatent.KvLoraRank, TLatent.RopeDim));
        }
    }

    /// <summary>Values of the heads from attended latents: <c>y_h = W_uv attended_h</c>.</summary>
    /// <inheritdoc cref="Absorb{TLatent, TShape, TFormat}(Matrix{TShape, TFormat}, Activations, Activations, int, Worker)"/>
    /// <param name="attended">Latents that the heads have seen, [numTokens, heads * kvLoraRank] f32.</param>
    /// <param name="y">Receives the values, [numTokens, heads * value] f32; may not alias.</param>
    public static void Expand<TLatent, TShape, TFormat>(
        Matrix<TShape, TFormat> kvBProj, Activations attended, Activations y, int numTokens, Worker worker)
        where TLatent : struct, ILatentShape
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        int paddedRank = MatrixLayout.PaddedColumns(TLatent.KvLoraRank);
        float* padded = stackalloc float[paddedRank];
        new Span<float>(padded, paddedRank).Clear();
        Share units = worker.Share(TLatent.NumHeads * numTokens);
        for (int unit = units.Start; unit < units.End;)
        {
            int head = unit / numTokens, token = unit % numTokens;
            int count = Math.Min(numTokens - token, units.End - unit);
            Activations latents = attended.Columns(head * TLatent.KvLoraRank, TLatent.KvLoraRank).Skip(token);
            if (paddedRank != TLatent.KvLoraRank)
            {
                // behind the latent of a head begins that of the next one, where a product expects zeros: one at a time, with zeros
                count = 1;
                latents[0].CopyTo(new Span<float>(padded, TLatent.KvLoraRank));
                latents = new Activations(padded, TLatent.KvLoraRank);
            }

            // the product writes an output at the number of its row, so the outputs begin as many elements before the head's place
            int firstRow = FirstRow<TLatent>(head) + TLatent.NopeDim;
            Activations values = y.Columns((head * TLatent.ValueDim) - firstRow, TLatent.ValueDim).Skip(token);
            MatMul.Run(kvBProj, new Product(latents, values, count), new Share(firstRow, firstRow + TLatent.ValueDim));
            y.QuantizeHeads(token, count, head, 1, TLatent.ValueDim);
            unit += count;
        }
    }

    /// <summary><c>sum = sum_n query[n] * weight[firstRow + n]</c>, added in the same order by every width of vectors.</summary>
    /// <param name="weight">The matrix.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="query">Factors of the rows from there on.</param>
    /// <param name="factors">Scratch for <see cref="PaddedFactors"/>.</param>
    /// <param name="sum">Receives the columns, filled up to a multiple of 32.</param>
    /// <remarks>A place in the panels is summed over the panels; then halves of a panel are added to halves, 16, 8, 4, 2.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SumRows<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, int firstRow, ReadOnlySpan<float> query, float* factors, float* sum)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        // rows of the panels that are not among the query's have the factor 0
        int place = firstRow % MatrixLayout.PanelRows;
        int numPanels = (place + query.Length + MatrixLayout.PanelRows - 1) / MatrixLayout.PanelRows;
        new Span<float>(factors, numPanels * MatrixLayout.PanelRows).Clear();
        query.CopyTo(new Span<float>(factors + place, query.Length));
        byte* panels = weight.Row(firstRow - place);
        float* sums = stackalloc float[ColumnsTogether * MatrixLayout.PanelRows]; // [column, place in the panels]
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += ColumnsTogether)
        {
            byte* pairs = panels + (column / 2 * Matrix<TShape, TFormat>.PairBytes);
            for (int strip = 0; strip < MatrixLayout.PanelRows; strip += TSimd.Width)
            {
                byte* w = pairs + (strip * MatrixLayout.WordBytes);
                TVector y0 = TSimd.Zero, y1 = TSimd.Zero, y2 = TSimd.Zero, y3 = TSimd.Zero;
                for (int panel = 0; panel < numPanels; panel++)
                {
                    TVector factor = TSimd.Load(factors + (panel * MatrixLayout.PanelRows) + strip);
                    TFormat.LoadPair<TSimd, TVector>(w, out TVector w0, out TVector w1);
                    TFormat.LoadPair<TSimd, TVector>(w + Matrix<TShape, TFormat>.PairBytes, out TVector w2, out TVector w3);
                    y0 = TSimd.MultiplyAdd(w0, factor, y0);
                    y1 = TSimd.MultiplyAdd(w1, factor, y1);
                    y2 = TSimd.MultiplyAdd(w2, factor, y2);
                    y3 = TSimd.MultiplyAdd(w3, factor, y3);
                    w += Matrix<TShape, TFormat>.PanelBytes;
                }

                TSimd.Store(sums + strip, y0);
                TSimd.Store(sums + MatrixLayout.PanelRows + strip, y1);
                TSimd.Store(sums + (2 * MatrixLayout.PanelRows) + strip, y2);
                TSimd.Store(sums + (3 * MatrixLayout.PanelRows) + strip, y3);
            }

            HorizontalSum.OfFours(
                Quarters(sums), Quarters(sums + MatrixLayout.PanelRows), Quarters(sums + (2 * MatrixLayout.PanelRows)),
                Quarters(sums + (3 * MatrixLayout.PanelRows))).Store(sum + column);
        }
    }

    /// <summary>Room for the factors of some rows, which may begin anywhere in a panel.</summary>
    internal static int PaddedFactors(int numRows) => numRows + (2 * MatrixLayout.PanelRows);

    // 16 sums to 8, and these to 4
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarters(float* sums) =>
        (Vector128.Load(sums) + Vector128.Load(sums + 8)) + (Vector128.Load(sums + 4) + Vector128.Load(sums + 12));

    private static int FirstRow<TLatent>(int head)
        where TLatent : struct, ILatentShape =>
        head * (TLatent.NopeDim + TLatent.ValueDim);
}
