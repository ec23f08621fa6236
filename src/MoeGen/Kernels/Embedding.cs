using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>Token ids to rows of the embedding.</summary>
public static unsafe class Embedding
{
    /// <summary><c>hidden[t] = scale * weight[tokens[t]]</c>, widened to float32. Workers share the tokens.</summary>
    /// <param name="weight">Embedding, [vocabulary, hidden].</param>
    /// <param name="tokens">Ids within the vocabulary; whoever made the pass has checked them.</param>
    /// <param name="hidden">Receives the rows, [numTokens, hidden].</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on every element.</param>
    public static void Lookup<TShape, TFormat>(
        Matrix<TShape, TFormat> weight, ReadOnlySpan<int> tokens, Activations hidden, Worker worker, float scale = 1)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        Share share = worker.Share(tokens.Length);
        for (int token = share.Start; token < share.End; token++)
        {
            byte* row = weight.Data + ((nuint)tokens[token] * Matrix<TShape, TFormat>.RowBytes);
            if (Vector512.IsHardwareAccelerated)
            {
                Widen<Simd512, Vector512<float>, TFormat>(row, hidden.Row(token), hidden.Stride, scale);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Widen<Simd256, Vector256<float>, TFormat>(row, hidden.Row(token), hidden.Stride, scale);
            }
            else
            {
                Widen<Simd128, Vector128<float>, TFormat>(row, hidden.Row(token), hidden.Stride, scale);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Widen<TSimd, TVector, TFormat>(byte* row, float* destination, int paddedLength, float scale)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IWeightFormat
    {
        TVector scales = TSimd.Broadcast(scale);
        for (int i = 0; i < paddedLength; i += TSimd.Width)
        {
            TSimd.Store(destination + i, TSimd.Multiply(TFormat.Load<TSimd, TVector>(row, (nuint)i), scales));
        }
    }
}
