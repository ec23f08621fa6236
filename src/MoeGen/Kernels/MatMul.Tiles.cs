using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <content>
/// Tiles of strips x tokens. Two sums for each output, over the even and the odd columns, stay in registers, and a pair of columns is
/// loaded once for all tokens of the tile. Outputs go through the stack: a vector that lives on beside a call would leave its register.
/// </content>
public static unsafe partial class MatMul
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x8<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w = weight.Row(row);
        float* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2), x3 = product.Input(token + 3);
        float* x4 = product.Input(token + 4), x5 = product.Input(token + 5), x6 = product.Input(token + 6), x7 = product.Input(token + 7);
        TVector even0 = TSimd.Zero, even1 = TSimd.Zero, even2 = TSimd.Zero, even3 = TSimd.Zero;
        TVector odd0 = TSimd.Zero, odd1 = TSimd.Zero, odd2 = TSimd.Zero, odd3 = TSimd.Zero;
        TVector even4 = TSimd.Zero, even5 = TSimd.Zero, even6 = TSimd.Zero, even7 = TSimd.Zero;
        TVector odd4 = TSimd.Zero, odd5 = TSimd.Zero, odd6 = TSimd.Zero, odd7 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            Prefetch<TShape, TFormat>(w);
            TFormat.LoadPair<TSimd, TVector>(w, out TVector even, out TVector odd);
            w += Matrix<TShape, TFormat>.PairBytes;
            even0 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x0[column]), even0);
            odd0 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x0[column + 1]), odd0);
            even1 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x1[column]), even1);
            odd1 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x1[column + 1]), odd1);
            even2 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x2[column]), even2);
            odd2 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x2[column + 1]), odd2);
            even3 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x3[column]), even3);
            odd3 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x3[column + 1]), odd3);
            even4 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x4[column]), even4);
            odd4 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x4[column + 1]), odd4);
            even5 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x5[column]), even5);
            odd5 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x5[column + 1]), odd5);
            even6 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x6[column]), even6);
            odd6 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x6[column + 1]), odd6);
            even7 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x7[column]), even7);
            odd7 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x7[column + 1]), odd7);
        }

        float* sums = stackalloc float[8 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even0, odd0));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even1, odd1));
        TSimd.Store(sums + (2 * TSimd.Width), TSimd.Add(even2, odd2));
        TSimd.Store(sums + (3 * TSimd.Width), TSimd.Add(even3, odd3));
        TSimd.Store(sums + (4 * TSimd.Width), TSimd.Add(even4, odd4));
        TSimd.Store(sums + (5 * TSimd.Width), TSimd.Add(even5, odd5));
        TSimd.Store(sums + (6 * TSimd.Width), TSimd.Add(even6, odd6));
        TSimd.Store(sums + (7 * TSimd.Width), TSimd.Add(even7, odd7));
        for (int i = 0; i < 8; i++)
        {
            product.Store<TSimd, TVector>(rows, row, token + i, sums + (i * TSimd.Width), TSimd.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x4<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w = weight.Row(row);
        float* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2), x3 = product.Input(token + 3);
        TVector even0 = TSimd.Zero, even1 = TSimd.Zero, even2 = TSimd.Zero, even3 = TSimd.Zero;
        TVector odd0 = TSimd.Zero, odd1 = TSimd.Zero, odd2 = TSimd.Zero, odd3 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            Prefetch<TShape, TFormat>(w);
            TFormat.LoadPair<TSimd, TVector>(w, out TVector even, out TVector odd);
            w += Matrix<TShape, TFormat>.PairBytes;
            even0 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x0[column]), even0);
            odd0 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x0[column + 1]), odd0);
            even1 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x1[column]), even1);
            odd1 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x1[column + 1]), odd1);
            even2 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x2[column]), even2);
            odd2 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x2[column + 1]), odd2);
            even3 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x3[column]), even3);
            odd3 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x3[column + 1]), odd3);
        }

        float* sums = stackalloc float[4 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even0, odd0));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even1, odd1));
        TSimd.Store(sums + (2 * TSimd.Width), TSimd.Add(even2, odd2));
        TSimd.Store(sums + (3 * TSimd.Width), TSimd.Add(even3, odd3));
        for (int i = 0; i < 4; i++)
        {
            product.Store<TSimd, TVector>(rows, row, token + i, sums + (i * TSimd.Width), TSimd.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x2<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w = weight.Row(row);
        float* x0 = product.Input(token), x1 = product.Input(token + 1);
        TVector even0 = TSimd.Zero, even1 = TSimd.Zero;
        TVector odd0 = TSimd.Zero, odd1 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            Prefetch<TShape, TFormat>(w);
            TFormat.LoadPair<TSimd, TVector>(w, out TVector even, out TVector odd);
            w += Matrix<TShape, TFormat>.PairBytes;
            even0 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x0[column]), even0);
            odd0 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x0[column + 1]), odd0);
            even1 = TSimd.MultiplyAdd(even, TSimd.Broadcast(x1[column]), even1);
            odd1 = TSimd.MultiplyAdd(odd, TSimd.Broadcast(x1[column + 1]), odd1);
        }

        float* sums = stackalloc float[2 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even0, odd0));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even1, odd1));
        for (int i = 0; i < 2; i++)
        {
            product.Store<TSimd, TVector>(rows, row, token + i, sums + (i * TSimd.Width), TSimd.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x1<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w = weight.Row(row);
        float* x = product.Input(token);
        TVector even = TSimd.Zero, odd = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            TFormat.LoadPair<TSimd, TVector>(w, out TVector evenColumn, out TVector oddColumn);
            w += Matrix<TShape, TFormat>.PairBytes;
            even = TSimd.MultiplyAdd(evenColumn, TSimd.Broadcast(x[column]), even);
            odd = TSimd.MultiplyAdd(oddColumn, TSimd.Broadcast(x[column + 1]), odd);
        }

        float* sums = stackalloc float[TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even, odd));
        product.Store<TSimd, TVector>(rows, row, token, sums, TSimd.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2x1<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w0 = weight.Row(row), w1 = weight.Row(row + TSimd.Width);
        float* x = product.Input(token);
        TVector even0 = TSimd.Zero, even1 = TSimd.Zero;
        TVector odd0 = TSimd.Zero, odd1 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            TVector xEven = TSimd.Broadcast(x[column]), xOdd = TSimd.Broadcast(x[column + 1]);
            TFormat.LoadPair<TSimd, TVector>(w0, out TVector even, out TVector odd);
            even0 = TSimd.MultiplyAdd(even, xEven, even0);
            odd0 = TSimd.MultiplyAdd(odd, xOdd, odd0);
            TFormat.LoadPair<TSimd, TVector>(w1, out even, out odd);
            even1 = TSimd.MultiplyAdd(even, xEven, even1);
            odd1 = TSimd.MultiplyAdd(odd, xOdd, odd1);
            w0 += Matrix<TShape, TFormat>.PairBytes;
            w1 += Matrix<TShape, TFormat>.PairBytes;
        }

        float* sums = stackalloc float[2 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even0, odd0));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even1, odd1));
        product.Store<TSimd, TVector>(rows, row, token, sums, 2 * TSimd.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x1<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w0 = weight.Row(row), w1 = weight.Row(row + TSimd.Width);
        byte* w2 = weight.Row(row + (2 * TSimd.Width)), w3 = weight.Row(row + (3 * TSimd.Width));
        float* x = product.Input(token);
        TVector even0 = TSimd.Zero, even1 = TSimd.Zero, even2 = TSimd.Zero, even3 = TSimd.Zero;
        TVector odd0 = TSimd.Zero, odd1 = TSimd.Zero, odd2 = TSimd.Zero, odd3 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            TVector xEven = TSimd.Broadcast(x[column]), xOdd = TSimd.Broadcast(x[column + 1]);
            TFormat.LoadPair<TSimd, TVector>(w0, out TVector even, out TVector odd);
            even0 = TSimd.MultiplyAdd(even, xEven, even0);
            odd0 = TSimd.MultiplyAdd(odd, xOdd, odd0);
            TFormat.LoadPair<TSimd, TVector>(w1, out even, out odd);
            even1 = TSimd.MultiplyAdd(even, xEven, even1);
            odd1 = TSimd.MultiplyAdd(odd, xOdd, odd1);
            TFormat.LoadPair<TSimd, TVector>(w2, out even, out odd);
            even2 = TSimd.MultiplyAdd(even, xEven, even2);
            odd2 = TSimd.MultiplyAdd(odd, xOdd, odd2);
            TFormat.LoadPair<TSimd, TVector>(w3, out even, out odd);
            even3 = TSimd.MultiplyAdd(even, xEven, even3);
            odd3 = TSimd.MultiplyAdd(odd, xOdd, odd3);
            w0 += Matrix<TShape, TFormat>.PairBytes;
            w1 += Matrix<TShape, TFormat>.PairBytes;
            w2 += Matrix<TShape, TFormat>.PairBytes;
            w3 += Matrix<TShape, TFormat>.PairBytes;
        }

        float* sums = stackalloc float[4 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even0, odd0));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even1, odd1));
        TSimd.Store(sums + (2 * TSimd.Width), TSimd.Add(even2, odd2));
        TSimd.Store(sums + (3 * TSimd.Width), TSimd.Add(even3, odd3));
        product.Store<TSimd, TVector>(rows, row, token, sums, 4 * TSimd.Width);
    }

    // the arithmetic of several tokens fills the processor's window, so what it fetches on its own comes too late: pairs of columns are
    // asked for ahead. One token leaves the window free, and asking would only slow it down.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TShape, TFormat>(byte* pair)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        const int LineBytes = 64, PairsAhead = 32; // measured with bfloat16 and float32
        if (Sse.IsSupported)
        {
            for (nuint line = 0; line < Matrix<TShape, TFormat>.PairBytes; line += LineBytes)
            {
                Sse.Prefetch0(pair + (PairsAhead * Matrix<TShape, TFormat>.PairBytes) + line);
            }
        }
    }
}
