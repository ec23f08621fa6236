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
    // rows of W_uk that are added up together: one load and store of the sum for four products
    private const int RowsTogether = 4;

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
        where TFormat : struct, IWeightFormat
    {
        float* sum = stackalloc float[MatrixLayout.PaddedColumns(TLatent.KvLoraRank)];
        Share units = worker.Share(TLatent.NumHeads * numTokens);
        for (int unit = units.Start; unit < units.End; unit++)
        {
            int head = unit / numTokens, token = unit % numTokens;
            float* query = queries.Row(token) + ((nint)head * (TLatent.NopeDim + TLatent.RopeDim));
            float* latent = latentQueries.Row(token) + ((nint)head * (TLatent.KvLoraRank + TLatent.RopeDim));
            byte* rows = kvBProj.Data + ((nuint)FirstRow<TLatent>(head) * Matrix<TShape, TFormat>.RowBytes);
            if (Vector512.IsHardwareAccelerated)
            {
                SumRows<Simd512, Vector512<float>, TShape, TFormat>(rows, query, TLatent.NopeDim, sum);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                SumRows<Simd256, Vector256<float>, TShape, TFormat>(rows, query, TLatent.NopeDim, sum);
            }
            else
            {
                SumRows<Simd128, Vector128<float>, TShape, TFormat>(rows, query, TLatent.NopeDim, sum);
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
        where TFormat : struct, IWeightFormat
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
            MatMul.Run(new Product<TShape, TFormat>(kvBProj, latents, values, count), new Share(firstRow, firstRow + TLatent.ValueDim));
            unit += count;
        }
    }

    /// <summary><c>sum = sum_n factors[n] * rows[n]</c>, always added in the same order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SumRows<TSimd, TVector, TShape, TFormat>(byte* rows, float* factors, int numRows, float* sum)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        nuint columns = Matrix<TShape, TFormat>.PaddedColumns, rowBytes = Matrix<TShape, TFormat>.RowBytes;
        new Span<float>(sum, (int)columns).Clear();
        int n = 0;
        for (; n <= numRows - RowsTogether; n += RowsTogether, rows += RowsTogether * rowBytes)
        {
            TVector f0 = TSimd.Broadcast(factors[n]), f1 = TSimd.Broadcast(factors[n + 1]);
            TVector f2 = TSimd.Broadcast(factors[n + 2]), f3 = TSimd.Broadcast(factors[n + 3]);
            for (nuint c = 0; c < columns; c += (nuint)TSimd.Width)
            {
                TVector s = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(rows, c), f0, TSimd.Load(sum + c));
                s = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(rows + rowBytes, c), f1, s);
                s = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(rows + (2 * rowBytes), c), f2, s);
                TSimd.Store(sum + c, TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(rows + (3 * rowBytes), c), f3, s));
            }
        }

        for (; n < numRows; n++, rows += rowBytes)
        {
            TVector factor = TSimd.Broadcast(factors[n]);
            for (nuint c = 0; c < columns; c += (nuint)TSimd.Width)
            {
                TSimd.Store(sum + c, TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(rows, c), factor, TSimd.Load(sum + c)));
            }
        }
    }

    private static int FirstRow<TLatent>(int head)
        where TLatent : struct, ILatentShape =>
        head * (TLatent.NopeDim + TLatent.ValueDim);
}
