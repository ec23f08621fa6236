using System.Runtime.CompilerServices;
using MoeGen.Weights;

namespace MoeGen.Kernels.Quantized;

/// <content>
/// Tiles of two panels for two and three tokens, a step of as many sequences: they wait for memory as one token does, and two streams of
/// weights come faster than one. Their sums need the registers that only vectors of 512 bits have.
/// </content>
internal static unsafe partial class QuantizedMatMul
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2x2<TShape, TDot, TSimd, TInts, TFloats>(
        in QuantizedProduct product, int row, int token, nuint ahead, float* sums)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        int row1 = row + TSimd.Width;
        ushort* scales0 = Scales<TShape, TDot, TInts>(product, row), scales1 = Scales<TShape, TDot, TInts>(product, row1);
        byte* w0 = Codes<TShape, TDot, TInts>(product, row), w1 = Codes<TShape, TDot, TInts>(product, row1);
        byte* x0 = product.Input(token), x1 = product.Input(token + 1);
        TFloats y00 = default, y01 = default;
        TFloats y10 = default, y11 = default;
        nuint code = 0, column = 0;
        for (nuint block = 0; block < Blocks<TShape>(); block++)
        {
            nuint offset = InputOffsets<TShape, TDot, TInts>() + (block * sizeof(int));
            TInts s00 = TDot.Start(x0 + offset), s01 = TDot.Start(x1 + offset);
            TInts s10 = TDot.Start(x0 + offset), s11 = TDot.Start(x1 + offset);
            for (nuint group = 0; group < (nuint)TDot.GroupsPerBlock; group++)
            {
                Prefetch(w0 + code + ahead);
                Prefetch(w1 + code + ahead);
                TInts v0 = TDot.LoadFirst(w0 + code), v1 = TDot.LoadFirst(w1 + code);
                TInts x = TSimd.Broadcast(*(int*)(x0 + column));
                TInts p0 = TDot.Multiply(v0, x), p1 = TDot.Multiply(v1, x);
                s00 = TDot.Add(p0, s00);
                s10 = TDot.Add(p1, s10);
                x = TSimd.Broadcast(*(int*)(x1 + column));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s01 = TDot.Add(p0, s01);
                s11 = TDot.Add(p1, s11);
                v0 = TDot.LoadSecond(w0 + code);
                v1 = TDot.LoadSecond(w1 + code);
                x = TSimd.Broadcast(*(int*)(x0 + column + 4));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s00 = TDot.Add(p0, s00);
                s10 = TDot.Add(p1, s10);
                x = TSimd.Broadcast(*(int*)(x1 + column + 4));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s01 = TDot.Add(p0, s01);
                s11 = TDot.Add(p1, s11);
                code += GroupBytes;
                column += GroupColumnBytes;
            }

            nuint scale = block * MatrixLayout.PanelRows;
            Prefetch((byte*)(scales0 + scale) + ahead);
            Prefetch((byte*)(scales1 + scale) + ahead);
            TFloats scale0 = TSimd.LoadF16(scales0 + scale), scale1 = TSimd.LoadF16(scales1 + scale);
            offset = InputScales<TShape, TDot, TInts>() + (block * sizeof(float));
            y00 = TSimd.MultiplyAdd(TDot.Finish(s00), TSimd.Multiply(scale0, TSimd.Broadcast(*(float*)(x0 + offset))), y00);
            y10 = TSimd.MultiplyAdd(TDot.Finish(s10), TSimd.Multiply(scale1, TSimd.Broadcast(*(float*)(x0 + offset))), y10);
            y01 = TSimd.MultiplyAdd(TDot.Finish(s01), TSimd.Multiply(scale0, TSimd.Broadcast(*(float*)(x1 + offset))), y01);
            y11 = TSimd.MultiplyAdd(TDot.Finish(s11), TSimd.Multiply(scale1, TSimd.Broadcast(*(float*)(x1 + offset))), y11);
        }

        TSimd.Store(sums, y00);
        TSimd.Store(sums + TSimd.Width, y10);
        TSimd.Store(sums + (2 * TSimd.Width), y01);
        TSimd.Store(sums + (3 * TSimd.Width), y11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2x3<TShape, TDot, TSimd, TInts, TFloats>(
        in QuantizedProduct product, int row, int token, nuint ahead, float* sums)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        int row1 = row + TSimd.Width;
        ushort* scales0 = Scales<TShape, TDot, TInts>(product, row), scales1 = Scales<TShape, TDot, TInts>(product, row1);
        byte* w0 = Codes<TShape, TDot, TInts>(product, row), w1 = Codes<TShape, TDot, TInts>(product, row1);
        byte* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2);
        TFloats y00 = default, y01 = default, y02 = default;
        TFloats y10 = default, y11 = default, y12 = default;
        nuint code = 0, column = 0;
        for (nuint block = 0; block < Blocks<TShape>(); block++)
        {
            nuint offset = InputOffsets<TShape, TDot, TInts>() + (block * sizeof(int));
            TInts s00 = TDot.Start(x0 + offset), s01 = TDot.Start(x1 + offset), s02 = TDot.Start(x2 + offset);
            TInts s10 = TDot.Start(x0 + offset), s11 = TDot.Start(x1 + offset), s12 = TDot.Start(x2 + offset);
            for (nuint group = 0; group < (nuint)TDot.GroupsPerBlock; group++)
            {
                Prefetch(w0 + code + ahead);
                Prefetch(w1 + code + ahead);
                TInts v0 = TDot.LoadFirst(w0 + code), v1 = TDot.LoadFirst(w1 + code);
                TInts x = TSimd.Broadcast(*(int*)(x0 + column));
                TInts p0 = TDot.Multiply(v0, x), p1 = TDot.Multiply(v1, x);
                s00 = TDot.Add(p0, s00);
                s10 = TDot.Add(p1, s10);
                x = TSimd.Broadcast(*(int*)(x1 + column));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s01 = TDot.Add(p0, s01);
                s11 = TDot.Add(p1, s11);
                x = TSimd.Broadcast(*(int*)(x2 + column));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s02 = TDot.Add(p0, s02);
                s12 = TDot.Add(p1, s12);
                v0 = TDot.LoadSecond(w0 + code);
                v1 = TDot.LoadSecond(w1 + code);
                x = TSimd.Broadcast(*(int*)(x0 + column + 4));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s00 = TDot.Add(p0, s00);
                s10 = TDot.Add(p1, s10);
                x = TSimd.Broadcast(*(int*)(x1 + column + 4));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s01 = TDot.Add(p0, s01);
                s11 = TDot.Add(p1, s11);
                x = TSimd.Broadcast(*(int*)(x2 + column + 4));
                p0 = TDot.Multiply(v0, x);
                p1 = TDot.Multiply(v1, x);
                s02 = TDot.Add(p0, s02);
                s12 = TDot.Add(p1, s12);
                code += GroupBytes;
                column += GroupColumnBytes;
            }

            nuint scale = block * MatrixLayout.PanelRows;
            Prefetch((byte*)(scales0 + scale) + ahead);
            Prefetch((byte*)(scales1 + scale) + ahead);
            TFloats scale0 = TSimd.LoadF16(scales0 + scale), scale1 = TSimd.LoadF16(scales1 + scale);
            offset = InputScales<TShape, TDot, TInts>() + (block * sizeof(float));
            y00 = TSimd.MultiplyAdd(TDot.Finish(s00), TSimd.Multiply(scale0, TSimd.Broadcast(*(float*)(x0 + offset))), y00);
            y10 = TSimd.MultiplyAdd(TDot.Finish(s10), TSimd.Multiply(scale1, TSimd.Broadcast(*(float*)(x0 + offset))), y10);
            y01 = TSimd.MultiplyAdd(TDot.Finish(s01), TSimd.Multiply(scale0, TSimd.Broadcast(*(float*)(x1 + offset))), y01);
            y11 = TSimd.MultiplyAdd(TDot.Finish(s11), TSimd.Multiply(scale1, TSimd.Broadcast(*(float*)(x1 + offset))), y11);
            y02 = TSimd.MultiplyAdd(TDot.Finish(s02), TSimd.Multiply(scale0, TSimd.Broadcast(*(float*)(x2 + offset))), y02);
            y12 = TSimd.MultiplyAdd(TDot.Finish(s12), TSimd.Multiply(scale1, TSimd.Broadcast(*(float*)(x2 + offset))), y12);
        }

        TSimd.Store(sums, y00);
        TSimd.Store(sums + TSimd.Width, y10);
        TSimd.Store(sums + (2 * TSimd.Width), y01);
        TSimd.Store(sums + (3 * TSimd.Width), y11);
        TSimd.Store(sums + (4 * TSimd.Width), y02);
        TSimd.Store(sums + (5 * TSimd.Width), y12);
    }
}
