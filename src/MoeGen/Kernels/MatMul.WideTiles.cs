using System.Runtime.CompilerServices;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <content>
/// Tiles for two to four tokens, a step of as many sequences: they wait for memory as one token does, and several streams of weights come
/// faster than one. Two strips are asked for ahead, four need not be.
/// </content>
public static unsafe partial class MatMul
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x2<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w0 = weight.Row(row), w1 = weight.Row(row + TSimd.Width);
        byte* w2 = weight.Row(row + (2 * TSimd.Width)), w3 = weight.Row(row + (3 * TSimd.Width));
        float* x0 = product.Input(token), x1 = product.Input(token + 1);
        TVector even00 = TSimd.Zero, even01 = TSimd.Zero;
        TVector odd00 = TSimd.Zero, odd01 = TSimd.Zero;
        TVector even10 = TSimd.Zero, even11 = TSimd.Zero;
        TVector odd10 = TSimd.Zero, odd11 = TSimd.Zero;
        TVector even20 = TSimd.Zero, even21 = TSimd.Zero;
        TVector odd20 = TSimd.Zero, odd21 = TSimd.Zero;
        TVector even30 = TSimd.Zero, even31 = TSimd.Zero;
        TVector odd30 = TSimd.Zero, odd31 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            TVector xEven0 = TSimd.Broadcast(x0[column]), xOdd0 = TSimd.Broadcast(x0[column + 1]);
            TVector xEven1 = TSimd.Broadcast(x1[column]), xOdd1 = TSimd.Broadcast(x1[column + 1]);
            TFormat.LoadPair<TSimd, TVector>(w0, out TVector even, out TVector odd);
            even00 = TSimd.MultiplyAdd(even, xEven0, even00);
            odd00 = TSimd.MultiplyAdd(odd, xOdd0, odd00);
            even01 = TSimd.MultiplyAdd(even, xEven1, even01);
            odd01 = TSimd.MultiplyAdd(odd, xOdd1, odd01);
            TFormat.LoadPair<TSimd, TVector>(w1, out even, out odd);
            even10 = TSimd.MultiplyAdd(even, xEven0, even10);
            odd10 = TSimd.MultiplyAdd(odd, xOdd0, odd10);
            even11 = TSimd.MultiplyAdd(even, xEven1, even11);
            odd11 = TSimd.MultiplyAdd(odd, xOdd1, odd11);
            TFormat.LoadPair<TSimd, TVector>(w2, out even, out odd);
            even20 = TSimd.MultiplyAdd(even, xEven0, even20);
            odd20 = TSimd.MultiplyAdd(odd, xOdd0, odd20);
            even21 = TSimd.MultiplyAdd(even, xEven1, even21);
            odd21 = TSimd.MultiplyAdd(odd, xOdd1, odd21);
            TFormat.LoadPair<TSimd, TVector>(w3, out even, out odd);
            even30 = TSimd.MultiplyAdd(even, xEven0, even30);
            odd30 = TSimd.MultiplyAdd(odd, xOdd0, odd30);
            even31 = TSimd.MultiplyAdd(even, xEven1, even31);
            odd31 = TSimd.MultiplyAdd(odd, xOdd1, odd31);
            w0 += Matrix<TShape, TFormat>.PairBytes;
            w1 += Matrix<TShape, TFormat>.PairBytes;
            w2 += Matrix<TShape, TFormat>.PairBytes;
            w3 += Matrix<TShape, TFormat>.PairBytes;
        }

        float* sums = stackalloc float[8 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even00, odd00));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even10, odd10));
        TSimd.Store(sums + (2 * TSimd.Width), TSimd.Add(even20, odd20));
        TSimd.Store(sums + (3 * TSimd.Width), TSimd.Add(even30, odd30));
        TSimd.Store(sums + (4 * TSimd.Width), TSimd.Add(even01, odd01));
        TSimd.Store(sums + (5 * TSimd.Width), TSimd.Add(even11, odd11));
        TSimd.Store(sums + (6 * TSimd.Width), TSimd.Add(even21, odd21));
        TSimd.Store(sums + (7 * TSimd.Width), TSimd.Add(even31, odd31));
        for (int i = 0; i < 2; i++)
        {
            product.Store<TSimd, TVector>(rows, row, token + i, sums + (i * 4 * TSimd.Width), 4 * TSimd.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2x3<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w0 = weight.Row(row), w1 = weight.Row(row + TSimd.Width);
        float* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2);
        TVector even00 = TSimd.Zero, even01 = TSimd.Zero, even02 = TSimd.Zero;
        TVector odd00 = TSimd.Zero, odd01 = TSimd.Zero, odd02 = TSimd.Zero;
        TVector even10 = TSimd.Zero, even11 = TSimd.Zero, even12 = TSimd.Zero;
        TVector odd10 = TSimd.Zero, odd11 = TSimd.Zero, odd12 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            TVector xEven0 = TSimd.Broadcast(x0[column]), xOdd0 = TSimd.Broadcast(x0[column + 1]);
            TVector xEven1 = TSimd.Broadcast(x1[column]), xOdd1 = TSimd.Broadcast(x1[column + 1]);
            TVector xEven2 = TSimd.Broadcast(x2[column]), xOdd2 = TSimd.Broadcast(x2[column + 1]);
            Prefetch<TShape, TFormat>(w0);
            TFormat.LoadPair<TSimd, TVector>(w0, out TVector even, out TVector odd);
            even00 = TSimd.MultiplyAdd(even, xEven0, even00);
            odd00 = TSimd.MultiplyAdd(odd, xOdd0, odd00);
            even01 = TSimd.MultiplyAdd(even, xEven1, even01);
            odd01 = TSimd.MultiplyAdd(odd, xOdd1, odd01);
            even02 = TSimd.MultiplyAdd(even, xEven2, even02);
            odd02 = TSimd.MultiplyAdd(odd, xOdd2, odd02);
            Prefetch<TShape, TFormat>(w1);
            TFormat.LoadPair<TSimd, TVector>(w1, out even, out odd);
            even10 = TSimd.MultiplyAdd(even, xEven0, even10);
            odd10 = TSimd.MultiplyAdd(odd, xOdd0, odd10);
            even11 = TSimd.MultiplyAdd(even, xEven1, even11);
            odd11 = TSimd.MultiplyAdd(odd, xOdd1, odd11);
            even12 = TSimd.MultiplyAdd(even, xEven2, even12);
            odd12 = TSimd.MultiplyAdd(odd, xOdd2, odd12);
            w0 += Matrix<TShape, TFormat>.PairBytes;
            w1 += Matrix<TShape, TFormat>.PairBytes;
        }

        float* sums = stackalloc float[6 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even00, odd00));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even10, odd10));
        TSimd.Store(sums + (2 * TSimd.Width), TSimd.Add(even01, odd01));
        TSimd.Store(sums + (3 * TSimd.Width), TSimd.Add(even11, odd11));
        TSimd.Store(sums + (4 * TSimd.Width), TSimd.Add(even02, odd02));
        TSimd.Store(sums + (5 * TSimd.Width), TSimd.Add(even12, odd12));
        for (int i = 0; i < 3; i++)
        {
            product.Store<TSimd, TVector>(rows, row, token + i, sums + (i * 2 * TSimd.Width), 2 * TSimd.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2x4<TSimd, TVector, TShape, TFormat>(
        Matrix<TShape, TFormat> weight, in Product product, Share rows, int row, int token)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        byte* w0 = weight.Row(row), w1 = weight.Row(row + TSimd.Width);
        float* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2), x3 = product.Input(token + 3);
        TVector even00 = TSimd.Zero, even01 = TSimd.Zero, even02 = TSimd.Zero, even03 = TSimd.Zero;
        TVector odd00 = TSimd.Zero, odd01 = TSimd.Zero, odd02 = TSimd.Zero, odd03 = TSimd.Zero;
        TVector even10 = TSimd.Zero, even11 = TSimd.Zero, even12 = TSimd.Zero, even13 = TSimd.Zero;
        TVector odd10 = TSimd.Zero, odd11 = TSimd.Zero, odd12 = TSimd.Zero, odd13 = TSimd.Zero;
        for (nuint column = 0; column < Matrix<TShape, TFormat>.PaddedColumns; column += 2)
        {
            TVector xEven0 = TSimd.Broadcast(x0[column]), xOdd0 = TSimd.Broadcast(x0[column + 1]);
            TVector xEven1 = TSimd.Broadcast(x1[column]), xOdd1 = TSimd.Broadcast(x1[column + 1]);
            TVector xEven2 = TSimd.Broadcast(x2[column]), xOdd2 = TSimd.Broadcast(x2[column + 1]);
            TVector xEven3 = TSimd.Broadcast(x3[column]), xOdd3 = TSimd.Broadcast(x3[column + 1]);
            Prefetch<TShape, TFormat>(w0);
            TFormat.LoadPair<TSimd, TVector>(w0, out TVector even, out TVector odd);
            even00 = TSimd.MultiplyAdd(even, xEven0, even00);
            odd00 = TSimd.MultiplyAdd(odd, xOdd0, odd00);
            even01 = TSimd.MultiplyAdd(even, xEven1, even01);
            odd01 = TSimd.MultiplyAdd(odd, xOdd1, odd01);
            even02 = TSimd.MultiplyAdd(even, xEven2, even02);
            odd02 = TSimd.MultiplyAdd(odd, xOdd2, odd02);
            even03 = TSimd.MultiplyAdd(even, xEven3, even03);
            odd03 = TSimd.MultiplyAdd(odd, xOdd3, odd03);
            Prefetch<TShape, TFormat>(w1);
            TFormat.LoadPair<TSimd, TVector>(w1, out even, out odd);
            even10 = TSimd.MultiplyAdd(even, xEven0, even10);
            odd10 = TSimd.MultiplyAdd(odd, xOdd0, odd10);
            even11 = TSimd.MultiplyAdd(even, xEven1, even11);
            odd11 = TSimd.MultiplyAdd(odd, xOdd1, odd11);
            even12 = TSimd.MultiplyAdd(even, xEven2, even12);
            odd12 = TSimd.MultiplyAdd(odd, xOdd2, odd12);
            even13 = TSimd.MultiplyAdd(even, xEven3, even13);
            odd13 = TSimd.MultiplyAdd(odd, xOdd3, odd13);
            w0 += Matrix<TShape, TFormat>.PairBytes;
            w1 += Matrix<TShape, TFormat>.PairBytes;
        }

        float* sums = stackalloc float[8 * TSimd.Width];
        TSimd.Store(sums, TSimd.Add(even00, odd00));
        TSimd.Store(sums + TSimd.Width, TSimd.Add(even10, odd10));
        TSimd.Store(sums + (2 * TSimd.Width), TSimd.Add(even01, odd01));
        TSimd.Store(sums + (3 * TSimd.Width), TSimd.Add(even11, odd11));
        TSimd.Store(sums + (4 * TSimd.Width), TSimd.Add(even02, odd02));
        TSimd.Store(sums + (5 * TSimd.Width), TSimd.Add(even12, odd12));
        TSimd.Store(sums + (6 * TSimd.Width), TSimd.Add(even03, odd03));
        TSimd.Store(sums + (7 * TSimd.Width), TSimd.Add(even13, odd13));
        for (int i = 0; i < 4; i++)
        {
            product.Store<TSimd, TVector>(rows, row, token + i, sums + (i * 2 * TSimd.Width), 2 * TSimd.Width);
        }
    }
}
