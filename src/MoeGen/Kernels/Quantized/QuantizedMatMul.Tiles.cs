using System.Runtime.CompilerServices;
using MoeGen.Weights;

namespace MoeGen.Kernels.Quantized;

/// <content>
/// Tiles of vectors of rows x tokens: every sum in a register, every loaded weight used for each token. Two products come before their
/// additions: Zen 4 does 0.87 multiplications of 512 bits a cycle so, and 0.73 where each product is added at once. More than two would do
/// 0.9, but the 16 registers of AVX2 would not hold them.
/// </content>
internal static unsafe partial class QuantizedMatMul
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x8<TShape, TDot, TSimd, TInts, TFloats>(in QuantizedProduct product, int row, int token, float* sums)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        ushort* scales = Scales<TShape, TDot, TInts>(product, row);
        byte* w = Codes<TShape, TDot, TInts>(product, row);
        byte* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2), x3 = product.Input(token + 3);
        byte* x4 = product.Input(token + 4), x5 = product.Input(token + 5), x6 = product.Input(token + 6), x7 = product.Input(token + 7);
        TFloats y0 = default, y1 = default, y2 = default, y3 = default;
        TFloats y4 = default, y5 = default, y6 = default, y7 = default;
        nuint column = 0;
        for (nuint block = 0; block < Blocks<TShape>(); block++)
        {
            nuint offset = InputOffsets<TShape, TDot, TInts>() + (block * sizeof(int));
            TInts s0 = TDot.Start(x0 + offset), s1 = TDot.Start(x1 + offset), s2 = TDot.Start(x2 + offset), s3 = TDot.Start(x3 + offset);
            TInts s4 = TDot.Start(x4 + offset), s5 = TDot.Start(x5 + offset), s6 = TDot.Start(x6 + offset), s7 = TDot.Start(x7 + offset);
            for (nuint group = 0; group < (nuint)TDot.GroupsPerBlock; group++)
            {
                Prefetch(w + PanelBytes<TShape, TDot, TInts>());
                TInts v = TDot.LoadFirst(w);
                TInts p0 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column)));
                TInts p1 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x1 + column)));
                s0 = TDot.Add(p0, s0);
                s1 = TDot.Add(p1, s1);
                TInts p2 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x2 + column)));
                TInts p3 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x3 + column)));
                s2 = TDot.Add(p2, s2);
                s3 = TDot.Add(p3, s3);
                TInts p4 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x4 + column)));
                TInts p5 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x5 + column)));
                s4 = TDot.Add(p4, s4);
                s5 = TDot.Add(p5, s5);
                TInts p6 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x6 + column)));
                TInts p7 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x7 + column)));
                s6 = TDot.Add(p6, s6);
                s7 = TDot.Add(p7, s7);
                v = TDot.LoadSecond(w);
                p0 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column + 4)));
                p1 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x1 + column + 4)));
                s0 = TDot.Add(p0, s0);
                s1 = TDot.Add(p1, s1);
                p2 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x2 + column + 4)));
                p3 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x3 + column + 4)));
                s2 = TDot.Add(p2, s2);
                s3 = TDot.Add(p3, s3);
                p4 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x4 + column + 4)));
                p5 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x5 + column + 4)));
                s4 = TDot.Add(p4, s4);
                s5 = TDot.Add(p5, s5);
                p6 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x6 + column + 4)));
                p7 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x7 + column + 4)));
                s6 = TDot.Add(p6, s6);
                s7 = TDot.Add(p7, s7);
                w += GroupBytes;
                column += GroupColumnBytes;
            }

            TFloats scale = TSimd.LoadF16(scales + (block * MatrixLayout.PanelRows));
            offset = InputScales<TShape, TDot, TInts>() + (block * sizeof(float));
            y0 = TSimd.MultiplyAdd(TDot.Finish(s0), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x0 + offset))), y0);
            y1 = TSimd.MultiplyAdd(TDot.Finish(s1), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x1 + offset))), y1);
            y2 = TSimd.MultiplyAdd(TDot.Finish(s2), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x2 + offset))), y2);
            y3 = TSimd.MultiplyAdd(TDot.Finish(s3), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x3 + offset))), y3);
            y4 = TSimd.MultiplyAdd(TDot.Finish(s4), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x4 + offset))), y4);
            y5 = TSimd.MultiplyAdd(TDot.Finish(s5), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x5 + offset))), y5);
            y6 = TSimd.MultiplyAdd(TDot.Finish(s6), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x6 + offset))), y6);
            y7 = TSimd.MultiplyAdd(TDot.Finish(s7), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x7 + offset))), y7);
        }

        TSimd.Store(sums, y0);
        TSimd.Store(sums + TSimd.Width, y1);
        TSimd.Store(sums + (2 * TSimd.Width), y2);
        TSimd.Store(sums + (3 * TSimd.Width), y3);
        TSimd.Store(sums + (4 * TSimd.Width), y4);
        TSimd.Store(sums + (5 * TSimd.Width), y5);
        TSimd.Store(sums + (6 * TSimd.Width), y6);
        TSimd.Store(sums + (7 * TSimd.Width), y7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x4<TShape, TDot, TSimd, TInts, TFloats>(in QuantizedProduct product, int row, int token, float* sums)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        ushort* scales = Scales<TShape, TDot, TInts>(product, row);
        byte* w = Codes<TShape, TDot, TInts>(product, row);
        byte* x0 = product.Input(token), x1 = product.Input(token + 1), x2 = product.Input(token + 2), x3 = product.Input(token + 3);
        TFloats y0 = default, y1 = default, y2 = default, y3 = default;
        nuint column = 0;
        for (nuint block = 0; block < Blocks<TShape>(); block++)
        {
            nuint offset = InputOffsets<TShape, TDot, TInts>() + (block * sizeof(int));
            TInts s0 = TDot.Start(x0 + offset), s1 = TDot.Start(x1 + offset), s2 = TDot.Start(x2 + offset), s3 = TDot.Start(x3 + offset);
            for (nuint group = 0; group < (nuint)TDot.GroupsPerBlock; group++)
            {
                Prefetch(w + PanelBytes<TShape, TDot, TInts>());
                TInts v = TDot.LoadFirst(w);
                TInts p0 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column)));
                TInts p1 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x1 + column)));
                s0 = TDot.Add(p0, s0);
                s1 = TDot.Add(p1, s1);
                TInts p2 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x2 + column)));
                TInts p3 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x3 + column)));
                s2 = TDot.Add(p2, s2);
                s3 = TDot.Add(p3, s3);
                v = TDot.LoadSecond(w);
                p0 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column + 4)));
                p1 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x1 + column + 4)));
                s0 = TDot.Add(p0, s0);
                s1 = TDot.Add(p1, s1);
                p2 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x2 + column + 4)));
                p3 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x3 + column + 4)));
                s2 = TDot.Add(p2, s2);
                s3 = TDot.Add(p3, s3);
                w += GroupBytes;
                column += GroupColumnBytes;
            }

            TFloats scale = TSimd.LoadF16(scales + (block * MatrixLayout.PanelRows));
            offset = InputScales<TShape, TDot, TInts>() + (block * sizeof(float));
            y0 = TSimd.MultiplyAdd(TDot.Finish(s0), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x0 + offset))), y0);
            y1 = TSimd.MultiplyAdd(TDot.Finish(s1), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x1 + offset))), y1);
            y2 = TSimd.MultiplyAdd(TDot.Finish(s2), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x2 + offset))), y2);
            y3 = TSimd.MultiplyAdd(TDot.Finish(s3), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x3 + offset))), y3);
        }

        TSimd.Store(sums, y0);
        TSimd.Store(sums + TSimd.Width, y1);
        TSimd.Store(sums + (2 * TSimd.Width), y2);
        TSimd.Store(sums + (3 * TSimd.Width), y3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x2<TShape, TDot, TSimd, TInts, TFloats>(in QuantizedProduct product, int row, int token, float* sums)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        ushort* scales = Scales<TShape, TDot, TInts>(product, row);
        byte* w = Codes<TShape, TDot, TInts>(product, row);
        byte* x0 = product.Input(token), x1 = product.Input(token + 1);
        TFloats y0 = default, y1 = default;
        nuint column = 0;
        for (nuint block = 0; block < Blocks<TShape>(); block++)
        {
            nuint offset = InputOffsets<TShape, TDot, TInts>() + (block * sizeof(int));
            TInts s0 = TDot.Start(x0 + offset), s1 = TDot.Start(x1 + offset);
            for (nuint group = 0; group < (nuint)TDot.GroupsPerBlock; group++)
            {
                Prefetch(w + PanelBytes<TShape, TDot, TInts>());
                TInts v = TDot.LoadFirst(w);
                TInts p0 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column)));
                TInts p1 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x1 + column)));
                s0 = TDot.Add(p0, s0);
                s1 = TDot.Add(p1, s1);
                v = TDot.LoadSecond(w);
                p0 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column + 4)));
                p1 = TDot.Multiply(v, TSimd.Broadcast(*(int*)(x1 + column + 4)));
                s0 = TDot.Add(p0, s0);
                s1 = TDot.Add(p1, s1);
                w += GroupBytes;
                column += GroupColumnBytes;
            }

            TFloats scale = TSimd.LoadF16(scales + (block * MatrixLayout.PanelRows));
            offset = InputScales<TShape, TDot, TInts>() + (block * sizeof(float));
            y0 = TSimd.MultiplyAdd(TDot.Finish(s0), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x0 + offset))), y0);
            y1 = TSimd.MultiplyAdd(TDot.Finish(s1), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x1 + offset))), y1);
        }

        TSimd.Store(sums, y0);
        TSimd.Store(sums + TSimd.Width, y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x1<TShape, TDot, TSimd, TInts, TFloats>(in QuantizedProduct product, int row, int token, float* sums)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        ushort* scales = Scales<TShape, TDot, TInts>(product, row);
        byte* w = Codes<TShape, TDot, TInts>(product, row);
        byte* x0 = product.Input(token);
        TFloats y0 = default;
        nuint column = 0;
        for (nuint block = 0; block < Blocks<TShape>(); block++)
        {
            nuint offset = InputOffsets<TShape, TDot, TInts>() + (block * sizeof(int));
            TInts s0 = TDot.Start(x0 + offset);
            for (nuint group = 0; group < (nuint)TDot.GroupsPerBlock; group++)
            {
                Prefetch(w + PanelBytes<TShape, TDot, TInts>());
                TInts v = TDot.LoadFirst(w);
                s0 = TDot.Add(TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column))), s0);
                v = TDot.LoadSecond(w);
                s0 = TDot.Add(TDot.Multiply(v, TSimd.Broadcast(*(int*)(x0 + column + 4))), s0);
                w += GroupBytes;
                column += GroupColumnBytes;
            }

            TFloats scale = TSimd.LoadF16(scales + (block * MatrixLayout.PanelRows));
            offset = InputScales<TShape, TDot, TInts>() + (block * sizeof(float));
            y0 = TSimd.MultiplyAdd(TDot.Finish(s0), TSimd.Multiply(scale, TSimd.Broadcast(*(float*)(x0 + offset))), y0);
        }

        TSimd.Store(sums, y0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x1<TShape, TDot, TSimd, TInts, TFloats>(
        in QuantizedProduct product, int row, int token, nuint ahead, float* sums)
        where TShape : struct, IMatrixShape
        where TDot : struct, IBlockDot<TInts>
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        int row1 = row + TSimd.Width, row2 = row1 + TSimd.Width, row3 = row2 + TSimd.Width;
        ushort* scales0 = Scales<TShape, TDot, TInts>(product, row), scales1 = Scales<TShape, TDot, TInts>(product, row1);
        ushort* scales2 = Scales<TShape, TDot, TInts>(product, row2), scales3 = Scales<TShape, TDot, TInts>(product, row3);
        byte* w0 = Codes<TShape, TDot, TInts>(product, row), w1 = Codes<TShape, TDot, TInts>(product, row1);
        byte* w2 = Codes<TShape, TDot, TInts>(product, row2), w3 = Codes<TShape, TDot, TInts>(product, row3);
        byte* x = product.Input(token);
        TFloats y0 = default, y1 = default, y2 = default, y3 = default;
        nuint code = 0;
        for (nuint block = 0; block < Blocks<TShape>(); block++)
        {
            byte* offset = x + InputOffsets<TShape, TDot, TInts>() + (block * sizeof(int));
            TInts s0 = TDot.Start(offset), s1 = TDot.Start(offset), s2 = TDot.Start(offset), s3 = TDot.Start(offset);
            byte* column = x + (block * (nuint)(TDot.GroupsPerBlock * GroupColumnBytes));
            for (nuint group = 0; group < (nuint)TDot.GroupsPerBlock; group++)
            {
                Prefetch(w0 + code + ahead);
                Prefetch(w1 + code + ahead);
                Prefetch(w2 + code + ahead);
                Prefetch(w3 + code + ahead);
                TInts v = TSimd.Broadcast(*(int*)column);
                s0 = TDot.Add(TDot.Multiply(TDot.LoadFirst(w0 + code), v), s0);
                s1 = TDot.Add(TDot.Multiply(TDot.LoadFirst(w1 + code), v), s1);
                s2 = TDot.Add(TDot.Multiply(TDot.LoadFirst(w2 + code), v), s2);
                s3 = TDot.Add(TDot.Multiply(TDot.LoadFirst(w3 + code), v), s3);
                v = TSimd.Broadcast(*(int*)(column + 4));
                s0 = TDot.Add(TDot.Multiply(TDot.LoadSecond(w0 + code), v), s0);
                s1 = TDot.Add(TDot.Multiply(TDot.LoadSecond(w1 + code), v), s1);
                s2 = TDot.Add(TDot.Multiply(TDot.LoadSecond(w2 + code), v), s2);
                s3 = TDot.Add(TDot.Multiply(TDot.LoadSecond(w3 + code), v), s3);
                code += GroupBytes;
                column += GroupColumnBytes;
            }

            nuint scale = block * MatrixLayout.PanelRows;
            Prefetch((byte*)(scales0 + scale) + ahead);
            Prefetch((byte*)(scales1 + scale) + ahead);
            Prefetch((byte*)(scales2 + scale) + ahead);
            Prefetch((byte*)(scales3 + scale) + ahead);
            TFloats inputScale = TSimd.Broadcast(*(float*)(x + InputScales<TShape, TDot, TInts>() + (block * sizeof(float))));
            y0 = TSimd.MultiplyAdd(TDot.Finish(s0), TSimd.Multiply(TSimd.LoadF16(scales0 + scale), inputScale), y0);
            y1 = TSimd.MultiplyAdd(TDot.Finish(s1), TSimd.Multiply(TSimd.LoadF16(scales1 + scale), inputScale), y1);
            y2 = TSimd.MultiplyAdd(TDot.Finish(s2), TSimd.Multiply(TSimd.LoadF16(scales2 + scale), inputScale), y2);
            y3 = TSimd.MultiplyAdd(TDot.Finish(s3), TSimd.Multiply(TSimd.LoadF16(scales3 + scale), inputScale), y3);
        }

        TSimd.Store(sums, y0);
        TSimd.Store(sums + TSimd.Width, y1);
        TSimd.Store(sums + (2 * TSimd.Width), y2);
        TSimd.Store(sums + (3 * TSimd.Width), y3);
    }
}
