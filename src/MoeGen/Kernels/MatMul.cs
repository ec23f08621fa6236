using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MoeGen.Engine;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>
/// Products of activations with the transpose of a weight matrix: <c>y[t, r] = sum_c w[r, c] * x[t, c]</c>, as every linear layer of a
/// checkpoint stores them.
/// </summary>
/// <remarks>
/// Workers share the rows of the matrix, so each weight is read once per pass. An output is always summed in the same order, whatever
/// the number of tokens and workers: one token at a time, a chunk of a prompt and any thread count give the same bits.
/// </remarks>
public static unsafe class MatMul
{
    /// <summary>Shares of rows begin at multiples of this: the widest vector, so that the outputs of a share are whole vectors.</summary>
    internal const int RowGranularity = 16;

    // a tile of 4 rows x 4 tokens keeps 16 sums in registers and reads every loaded vector four times
    private const int TileRows = 4;
    private const int TileTokens = 4;

    /// <summary><c>y = scale * x Wᵀ</c>.</summary>
    /// <param name="weight">Weights, [rows, columns].</param>
    /// <param name="x">Inputs, [numTokens, columns] f32; may not alias <paramref name="y"/>.</param>
    /// <param name="y">Outputs, [numTokens, rows] f32; each worker writes its share of the columns.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on the outputs, a bias included.</param>
    public static void Multiply<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(new Product<TShape, TFormat>(weight, x, y, numTokens) { Scale = scale }, RowsOf<TShape>(worker));

    /// <summary><c>y = scale * (x Wᵀ + b)</c>.</summary>
    /// <inheritdoc cref="Multiply{TShape, TFormat}(Matrix{TShape, TFormat}, Activations, Activations, int, Worker, float)"/>
    /// <param name="bias">Added to every token, [rows].</param>
    public static void Multiply<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, WeightVector bias, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(new Product<TShape, TFormat>(weight, x, y, numTokens) { Bias = bias.Data, Scale = scale }, RowsOf<TShape>(worker));

    /// <summary><c>y += scale * x Wᵀ</c>: adds to the residual stream.</summary>
    /// <inheritdoc cref="Multiply{TShape, TFormat}(Matrix{TShape, TFormat}, Activations, Activations, int, Worker, float)"/>
    /// <param name="scale">Factor on what is added, a bias included.</param>
    public static void MultiplyAdd<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(new Product<TShape, TFormat>(weight, x, y, numTokens) { AddsToY = true, Scale = scale }, RowsOf<TShape>(worker));

    /// <summary><c>y += scale * (x Wᵀ + b)</c>: adds to the residual stream.</summary>
    /// <inheritdoc cref="MultiplyAdd{TShape, TFormat}(Matrix{TShape, TFormat}, Activations, Activations, int, Worker, float)"/>
    /// <param name="bias">Added to every token, [rows].</param>
    public static void MultiplyAdd<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, WeightVector bias, Activations x, Activations y, int numTokens, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        Run(
            new Product<TShape, TFormat>(weight, x, y, numTokens) { Bias = bias.Data, AddsToY = true, Scale = scale },
            RowsOf<TShape>(worker));

    /// <summary>The rows of a matrix that a worker computes.</summary>
    internal static Share RowsOf<TShape>(Worker worker)
        where TShape : struct, IMatrixShape =>
        RowsOf(TShape.Rows, worker);

    /// <summary>The rows that a worker computes of so many.</summary>
    internal static Share RowsOf(int rows, Worker worker) => worker.Share(rows, RowGranularity);

    /// <summary>Computes some rows of a product with the widest vectors of this processor.</summary>
    internal static void Run<TShape, TFormat>(in Product<TShape, TFormat> product, Share rows)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<Simd512, Vector512<float>, TShape, TFormat>(product, rows);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<Simd256, Vector256<float>, TShape, TFormat>(product, rows);
        }
        else
        {
            Run<Simd128, Vector128<float>, TShape, TFormat>(product, rows);
        }
    }

    /// <summary>Computes some rows of a product with vectors of one width.</summary>
    internal static void Run<TSimd, TVector, TShape, TFormat>(in Product<TShape, TFormat> product, Share rows)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        int row = rows.Start;
        for (; row <= rows.End - TileRows; row += TileRows)
        {
            int token = 0;
            for (; token <= product.NumTokens - TileTokens; token += TileTokens)
            {
                Tile4x4<TSimd, TVector, TShape, TFormat>(product, row, token);
            }

            for (; token < product.NumTokens; token++)
            {
                Tile4x1<TSimd, TVector, TShape, TFormat>(product, row, token);
            }
        }

        for (; row < rows.End; row++)
        {
            for (int token = 0; token < product.NumTokens; token++)
            {
                Tile1x1<TSimd, TVector, TShape, TFormat>(product, row, token);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x4<TSimd, TVector, TShape, TFormat>(in Product<TShape, TFormat> product, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        byte* w0 = product.Row(row), w1 = product.Row(row + 1), w2 = product.Row(row + 2), w3 = product.Row(row + 3);
        float* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2), x3 = product.Input(token + 3);
        TVector y00 = TSimd.Zero, y01 = TSimd.Zero, y02 = TSimd.Zero, y03 = TSimd.Zero;
        TVector y10 = TSimd.Zero, y11 = TSimd.Zero, y12 = TSimd.Zero, y13 = TSimd.Zero;
        TVector y20 = TSimd.Zero, y21 = TSimd.Zero, y22 = TSimd.Zero, y23 = TSimd.Zero;
        TVector y30 = TSimd.Zero, y31 = TSimd.Zero, y32 = TSimd.Zero, y33 = TSimd.Zero;
        for (nuint c = 0; c < Matrix<TShape, TFormat>.PaddedColumns; c += (nuint)TSimd.Width)
        {
            TVector v0 = TSimd.Load(x0 + c), v1 = TSimd.Load(x1 + c), v2 = TSimd.Load(x2 + c), v3 = TSimd.Load(x3 + c);
            TVector w = TFormat.Load<TSimd, TVector>(w0, c);
            y00 = TSimd.MultiplyAdd(w, v0, y00);
            y01 = TSimd.MultiplyAdd(w, v1, y01);
            y02 = TSimd.MultiplyAdd(w, v2, y02);
            y03 = TSimd.MultiplyAdd(w, v3, y03);
            w = TFormat.Load<TSimd, TVector>(w1, c);
            y10 = TSimd.MultiplyAdd(w, v0, y10);
            y11 = TSimd.MultiplyAdd(w, v1, y11);
            y12 = TSimd.MultiplyAdd(w, v2, y12);
            y13 = TSimd.MultiplyAdd(w, v3, y13);
            w = TFormat.Load<TSimd, TVector>(w2, c);
            y20 = TSimd.MultiplyAdd(w, v0, y20);
            y21 = TSimd.MultiplyAdd(w, v1, y21);
            y22 = TSimd.MultiplyAdd(w, v2, y22);
            y23 = TSimd.MultiplyAdd(w, v3, y23);
            w = TFormat.Load<TSimd, TVector>(w3, c);
            y30 = TSimd.MultiplyAdd(w, v0, y30);
            y31 = TSimd.MultiplyAdd(w, v1, y31);
            y32 = TSimd.MultiplyAdd(w, v2, y32);
            y33 = TSimd.MultiplyAdd(w, v3, y33);
        }

        product.Store(row, token, HorizontalSum.Of<TSimd, TVector>(y00, y10, y20, y30));
        product.Store(row, token + 1, HorizontalSum.Of<TSimd, TVector>(y01, y11, y21, y31));
        product.Store(row, token + 2, HorizontalSum.Of<TSimd, TVector>(y02, y12, y22, y32));
        product.Store(row, token + 3, HorizontalSum.Of<TSimd, TVector>(y03, y13, y23, y33));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x1<TSimd, TVector, TShape, TFormat>(in Product<TShape, TFormat> product, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        byte* w0 = product.Row(row), w1 = product.Row(row + 1), w2 = product.Row(row + 2), w3 = product.Row(row + 3);
        float* x = product.Input(token);
        TVector y0 = TSimd.Zero, y1 = TSimd.Zero, y2 = TSimd.Zero, y3 = TSimd.Zero;
        for (nuint c = 0; c < Matrix<TShape, TFormat>.PaddedColumns; c += (nuint)TSimd.Width)
        {
            Prefetch<TShape, TFormat>(w0, w1, w2, w3, c);
            TVector v = TSimd.Load(x + c);
            y0 = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(w0, c), v, y0);
            y1 = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(w1, c), v, y1);
            y2 = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(w2, c), v, y2);
            y3 = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(w3, c), v, y3);
        }

        product.Store(row, token, HorizontalSum.Of<TSimd, TVector>(y0, y1, y2, y3));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x1<TSimd, TVector, TShape, TFormat>(in Product<TShape, TFormat> product, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        byte* w = product.Row(row);
        float* x = product.Input(token);
        TVector y = TSimd.Zero;
        for (nuint c = 0; c < Matrix<TShape, TFormat>.PaddedColumns; c += (nuint)TSimd.Width)
        {
            y = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(w, c), TSimd.Load(x + c), y);
        }

        product.Store(row, token, HorizontalSum.Of<TSimd, TVector>(y));
    }

    // decoding waits for memory: the rows of the next tile are asked for while these are computed. The processor's own prefetching
    // stops at the end of a page, which is often the end of a row. Into the second-level cache: rows of 4096 bytes share the sets of
    // the first one, and would drive each other out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TShape, TFormat>(byte* w0, byte* w1, byte* w2, byte* w3, nuint column)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        if (Sse.IsSupported)
        {
            nuint offset = (TileRows * Matrix<TShape, TFormat>.RowBytes) + (column * (nuint)TFormat.Format.BytesPerElement());
            Sse.Prefetch1(w0 + offset);
            Sse.Prefetch1(w1 + offset);
            Sse.Prefetch1(w2 + offset);
            Sse.Prefetch1(w3 + offset);
        }
    }
}
