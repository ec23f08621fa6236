using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>Activations over rows, with a gate and without one.</summary>
internal static unsafe class GatedActivation
{
    /// <summary><c>gate = activation(gate, up)</c> on a range of columns of some rows.</summary>
    /// <param name="gate">Outputs of gate_proj, [.., width] f32; receives the result.</param>
    /// <param name="up">Outputs of up_proj, the same shape; may be the same.</param>
    /// <param name="firstRow">First row of both.</param>
    /// <param name="numRows">Rows.</param>
    /// <param name="columns">Columns to compute: those whose gate and up this worker has multiplied.</param>
    public static void Activate<TActivation>(Activations gate, Activations up, int firstRow, int numRows, Share columns)
        where TActivation : struct, IGatedActivation
    {
        int length = PaddedLength(columns);
        for (int row = firstRow; row < firstRow + numRows; row++)
        {
            float* g = gate.Row(row) + columns.Start;
            float* u = up.Row(row) + columns.Start;
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Simd512, Vector512<float>, TActivation>(g, u, length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Simd256, Vector256<float>, TActivation>(g, u, length);
            }
            else
            {
                Run<Simd128, Vector128<float>, TActivation>(g, u, length);
            }

            gate.Quantize(row, columns.Start, columns.End);
        }
    }

    /// <summary><c>up = activation(up, 1)</c> on a range of columns of some rows: the activation without a gate.</summary>
    /// <param name="up">Outputs of up_proj, [.., width] f32; receives the result.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="numRows">Rows.</param>
    /// <param name="columns">Columns to compute: those that this worker has multiplied.</param>
    public static void Activate<TActivation>(Activations up, int firstRow, int numRows, Share columns)
        where TActivation : struct, IGatedActivation
    {
        int length = PaddedLength(columns);
        for (int row = firstRow; row < firstRow + numRows; row++)
        {
            float* u = up.Row(row) + columns.Start;
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Simd512, Vector512<float>, TActivation>(u, length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Simd256, Vector256<float>, TActivation>(u, length);
            }
            else
            {
                Run<Simd128, Vector128<float>, TActivation>(u, length);
            }

            up.Quantize(row, columns.Start, columns.End);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TSimd, TVector, TActivation>(float* gate, float* up, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IGatedActivation
    {
        for (int i = 0; i < length; i += TSimd.Width)
        {
            TSimd.Store(gate + i, TActivation.Apply<TSimd, TVector>(TSimd.Load(gate + i), TSimd.Load(up + i)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TSimd, TVector, TActivation>(float* up, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IGatedActivation
    {
        TVector one = TSimd.Broadcast(1);
        for (int i = 0; i < length; i += TSimd.Width)
        {
            TSimd.Store(up + i, TActivation.Apply<TSimd, TVector>(TSimd.Load(up + i), one));
        }
    }

    // shares begin at whole vectors and rows are filled up with zeros, whose activation is zero: no remainder, and the same bits for
    // every number of workers
    private static int PaddedLength(Share columns) =>
        (columns.End - columns.Start + MatMul.RowGranularity - 1) / MatMul.RowGranularity * MatMul.RowGranularity;
}
