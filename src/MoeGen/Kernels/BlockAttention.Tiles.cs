using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <content>Tiles of rows x positions, whose sums stay in registers: a key or value is loaded once for all rows of a tile.</content>
internal static unsafe partial class BlockAttention
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score4x4<TSimd, TVector, TShape, TFormat>(float* queries, float* scores, byte* k0, byte* k1, byte* k2, byte* k3)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int keyDim = MatrixLayout.PaddedColumns(TShape.KeyDim), positions = NumPositions<TShape>();
        float* q0 = queries, q1 = q0 + keyDim, q2 = q1 + keyDim, q3 = q2 + keyDim;
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero, s02 = TSimd.Zero, s03 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero, s12 = TSimd.Zero, s13 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero, s22 = TSimd.Zero, s23 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero, s32 = TSimd.Zero, s33 = TSimd.Zero;
        for (int c = 0; c < keyDim; c += TSimd.Width)
        {
            TVector q = TSimd.Load(q0 + c), r = TSimd.Load(q1 + c), s = TSimd.Load(q2 + c), t = TSimd.Load(q3 + c);
            TVector k = TFormat.Load<TSimd, TVector>(k0, c, TShape.KeyDim);
            s00 = TSimd.MultiplyAdd(q, k, s00);
            s10 = TSimd.MultiplyAdd(r, k, s10);
            s20 = TSimd.MultiplyAdd(s, k, s20);
            s30 = TSimd.MultiplyAdd(t, k, s30);
            k = TFormat.Load<TSimd, TVector>(k1, c, TShape.KeyDim);
            s01 = TSimd.MultiplyAdd(q, k, s01);
            s11 = TSimd.MultiplyAdd(r, k, s11);
            s21 = TSimd.MultiplyAdd(s, k, s21);
            s31 = TSimd.MultiplyAdd(t, k, s31);
            k = TFormat.Load<TSimd, TVector>(k2, c, TShape.KeyDim);
            s02 = TSimd.MultiplyAdd(q, k, s02);
            s12 = TSimd.MultiplyAdd(r, k, s12);
            s22 = TSimd.MultiplyAdd(s, k, s22);
            s32 = TSimd.MultiplyAdd(t, k, s32);
            k = TFormat.Load<TSimd, TVector>(k3, c, TShape.KeyDim);
            s03 = TSimd.MultiplyAdd(q, k, s03);
            s13 = TSimd.MultiplyAdd(r, k, s13);
            s23 = TSimd.MultiplyAdd(s, k, s23);
            s33 = TSimd.MultiplyAdd(t, k, s33);
        }

        HorizontalSum.Of<TSimd, TVector>(s00, s01, s02, s03).Store(scores);
        HorizontalSum.Of<TSimd, TVector>(s10, s11, s12, s13).Store(scores + positions);
        HorizontalSum.Of<TSimd, TVector>(s20, s21, s22, s23).Store(scores + (2 * positions));
        HorizontalSum.Of<TSimd, TVector>(s30, s31, s32, s33).Store(scores + (3 * positions));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score1x4<TSimd, TVector, TShape, TFormat>(float* query, float* scores, byte* k0, byte* k1, byte* k2, byte* k3)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
        for (int c = 0; c < MatrixLayout.PaddedColumns(TShape.KeyDim); c += TSimd.Width)
        {
            TVector q = TSimd.Load(query + c);
            s0 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k0, c, TShape.KeyDim), s0);
            s1 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k1, c, TShape.KeyDim), s1);
            s2 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k2, c, TShape.KeyDim), s2);
            s3 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k3, c, TShape.KeyDim), s3);
        }

        HorizontalSum.Of<TSimd, TVector>(s0, s1, s2, s3).Store(scores);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues4<TSimd, TVector, TShape, TFormat>(
        float* sums, float* weights, byte* values, int valueBytes, int column, Positions seen, OnlineSoftmax* softmaxes,
        Upcoming ahead)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int dim = TShape.ValuesAreKeys ? TShape.KeyDim : TShape.ValueDim, next = column + TSimd.Width;
        int valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim), positions = NumPositions<TShape>();
        float* y0 = sums, y1 = y0 + valueDim, y2 = y1 + valueDim, y3 = y2 + valueDim;
        float* w0 = weights, w1 = w0 + positions, w2 = w1 + positions, w3 = w2 + positions;
        TVector f0 = TSimd.Broadcast(softmaxes[0].Shrink), f1 = TSimd.Broadcast(softmaxes[1].Shrink);
        TVector f2 = TSimd.Broadcast(softmaxes[2].Shrink), f3 = TSimd.Broadcast(softmaxes[3].Shrink);
        TVector y00 = TSimd.Multiply(TSimd.Load(y0 + column), f0), y01 = TSimd.Multiply(TSimd.Load(y0 + next), f0);
        TVector y10 = TSimd.Multiply(TSimd.Load(y1 + column), f1), y11 = TSimd.Multiply(TSimd.Load(y1 + next), f1);
        TVector y20 = TSimd.Multiply(TSimd.Load(y2 + column), f2), y21 = TSimd.Multiply(TSimd.Load(y2 + next), f2);
        TVector y30 = TSimd.Multiply(TSimd.Load(y3 + column), f3), y31 = TSimd.Multiply(TSimd.Load(y3 + next), f3);
        for (int i = seen.First; i < seen.End; i++)
        {
            if (i % TilePositions == 0)
            {
                ahead.Prefetch(i);
            }

            byte* row = values + ((nint)i * valueBytes);
            TVector v0 = TFormat.Load<TSimd, TVector>(row, column, dim), v1 = TFormat.Load<TSimd, TVector>(row, next, dim);
            TVector w = TSimd.Broadcast(w0[i]);
            y00 = TSimd.MultiplyAdd(v0, w, y00);
            y01 = TSimd.MultiplyAdd(v1, w, y01);
            w = TSimd.Broadcast(w1[i]);
            y10 = TSimd.MultiplyAdd(v0, w, y10);
            y11 = TSimd.MultiplyAdd(v1, w, y11);
            w = TSimd.Broadcast(w2[i]);
            y20 = TSimd.MultiplyAdd(v0, w, y20);
            y21 = TSimd.MultiplyAdd(v1, w, y21);
            w = TSimd.Broadcast(w3[i]);
            y30 = TSimd.MultiplyAdd(v0, w, y30);
            y31 = TSimd.MultiplyAdd(v1, w, y31);
        }

        TSimd.Store(y0 + column, y00);
        TSimd.Store(y0 + next, y01);
        TSimd.Store(y1 + column, y10);
        TSimd.Store(y1 + next, y11);
        TSimd.Store(y2 + column, y20);
        TSimd.Store(y2 + next, y21);
        TSimd.Store(y3 + column, y30);
        TSimd.Store(y3 + next, y31);
    }

    // one row waits for memory, which is quickest from end to end: whole values, four together, added in the order of the tiles
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues1<TSimd, TVector, TShape, TFormat>(
        float* sums, float* weights, byte* values, int valueBytes, Positions seen, OnlineSoftmax* softmax, Upcoming ahead)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int dim = TShape.ValuesAreKeys ? TShape.KeyDim : TShape.ValueDim, valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim);
        VectorMath.Scale<TSimd, TVector>(sums, softmax->Shrink, valueDim);
        int i = seen.First;
        for (; i <= seen.End - TilePositions; i += TilePositions)
        {
            byte* v0 = values + ((nint)i * valueBytes), v1 = v0 + valueBytes, v2 = v1 + valueBytes, v3 = v2 + valueBytes;
            ahead.Prefetch(i);
            TVector w0 = TSimd.Broadcast(weights[i]), w1 = TSimd.Broadcast(weights[i + 1]);
            TVector w2 = TSimd.Broadcast(weights[i + 2]), w3 = TSimd.Broadcast(weights[i + 3]);
            for (int c = 0; c < valueDim; c += TSimd.Width)
            {
                TVector y = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v0, c, dim), w0, TSimd.Load(sums + c));
                y = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v1, c, dim), w1, y);
                y = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v2, c, dim), w2, y);
                TSimd.Store(sums + c, TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v3, c, dim), w3, y));
            }
        }

        for (; i < seen.End; i++)
        {
            TVector weight = TSimd.Broadcast(weights[i]);
            for (int c = 0; c < valueDim; c += TSimd.Width)
            {
                TVector value = TFormat.Load<TSimd, TVector>(values + ((nint)i * valueBytes), c, dim);
                TSimd.Store(sums + c, TSimd.MultiplyAdd(value, weight, TSimd.Load(sums + c)));
            }
        }
    }
}
