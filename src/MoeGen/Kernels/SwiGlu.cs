using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// The gated activation of every expert and dense layer: <c>silu(gate) * up</c>, <c>silu(x) = x / (1 + exp(-x))</c> (arXiv 2002.05202).
/// </summary>
public static unsafe class SwiGlu
{
    /// <summary><c>gate = silu(gate) * up</c> on a range of columns.</summary>
    /// <param name="gate">Outputs of gate_proj, [.., width] f32; receives the result.</param>
    /// <param name="up">Outputs of up_proj, the same shape; may not alias.</param>
    /// <param name="firstRow">First row of both.</param>
    /// <param name="numRows">Rows.</param>
    /// <param name="columns">Columns to compute: those whose gate and up this worker has multiplied.</param>
    internal static void Activate(Activations gate, Activations up, int firstRow, int numRows, Share columns)
    {
        // shares begin at whole vectors and rows are filled up with zeros, whose activation is zero: no remainder, and the same
        // bits for every number of workers
        int length = (columns.End - columns.Start + MatMul.RowGranularity - 1) / MatMul.RowGranularity * MatMul.RowGranularity;
        for (int row = firstRow; row < firstRow + numRows; row++)
        {
            float* g = gate.Row(row) + columns.Start;
            float* u = up.Row(row) + columns.Start;
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Simd512, Vector512<float>>(g, u, length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Simd256, Vector256<float>>(g, u, length);
            }
            else
            {
                Run<Simd128, Vector128<float>>(g, u, length);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TSimd, TVector>(float* gate, float* up, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector one = TSimd.Broadcast(1), minusOne = TSimd.Broadcast(-1);
        for (int i = 0; i < length; i += TSimd.Width)
        {
            TVector g = TSimd.Load(gate + i);
            TVector denominator = TSimd.Add(one, TSimd.Exp(TSimd.Multiply(g, minusOne)));
            TSimd.Store(gate + i, TSimd.Multiply(TSimd.Divide(g, denominator), TSimd.Load(up + i)));
        }
    }
}
