using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>Root-mean-square norm: <c>y = x / sqrt(mean(x²) + epsilon) * weight</c> (arXiv 1910.07467).</summary>
public static unsafe class RmsNorm
{
    /// <summary>Normalises whole rows. Workers share the tokens.</summary>
    /// <param name="x">Inputs, [numTokens, width] f32; may be the same as <paramref name="y"/>; may be a view of some columns.</param>
    /// <param name="weight">Scale of each element, [width].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">Outputs, [numTokens, width] f32; nothing behind the width is written.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Normalize(Activations x, WeightVector weight, float epsilon, Activations y, int numTokens, Worker worker)
    {
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            Run(x.Row(token), weight.Data, epsilon, y.Row(token), weight.Length);
            y.Quantize(token);
        }
    }

    /// <summary>Normalises each head of a row on its own, in place. Workers share the pairs of token and head.</summary>
    /// <param name="x">Heads side by side, [numTokens, numHeads * weight length] f32.</param>
    /// <param name="weight">Scale of each element of a head, [head dimension].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="numHeads">Heads of a row.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void NormalizeHeads(Activations x, WeightVector weight, float epsilon, int numHeads, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * numHeads);
        for (int head = heads.Start; head < heads.End; head++)
        {
            float* row = x.Row(head / numHeads) + ((nint)(head % numHeads) * weight.Length);
            Run(row, weight.Data, epsilon, row, weight.Length);
        }
    }

    /// <summary>
    /// Normalises each head of a row on its own, in place and without weights: <c>x / sqrt(mean(x²) + epsilon)</c>. Workers share the pairs
    /// of token and head.
    /// </summary>
    /// <param name="x">Heads side by side, [numTokens, numHeads * head dimension] f32.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="numHeads">Heads of a row.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <remarks>Reference: transformers <c>modeling_llama4</c>, Llama4TextL2Norm.</remarks>
    public static void NormalizeHeads(Activations x, float epsilon, int numHeads, int numTokens, Worker worker)
    {
        int length = x.Width / numHeads;
        Share heads = worker.Share(numTokens * numHeads);
        for (int head = heads.Start; head < heads.End; head++)
        {
            float* row = x.Row(head / numHeads) + ((nint)(head % numHeads) * length);
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Simd512, Vector512<float>>(row, epsilon, length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Simd256, Vector256<float>>(row, epsilon, length);
            }
            else
            {
                Run<Simd128, Vector128<float>>(row, epsilon, length);
            }
        }
    }

    private static void Run(float* x, float* weight, float epsilon, float* y, int length)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<Simd512, Vector512<float>>(x, weight, epsilon, y, length);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<Simd256, Vector256<float>>(x, weight, epsilon, y, length);
        }
        else
        {
            Run<Simd128, Vector128<float>>(x, weight, epsilon, y, length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TSimd, TVector>(float* x, float* weight, float epsilon, float* y, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int vectorEnd = length - (length % TSimd.Width);
        float scale = InverseRoot<TSimd, TVector>(x, epsilon, length);
        TVector scales = TSimd.Broadcast(scale);
        for (int i = 0; i < vectorEnd; i += TSimd.Width)
        {
            TSimd.Store(y + i, TSimd.Multiply(TSimd.Multiply(TSimd.Load(x + i), scales), TSimd.Load(weight + i)));
        }

        for (int i = vectorEnd; i < length; i++)
        {
            y[i] = x[i] * scale * weight[i];
        }
    }
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TSimd, TVector>(float* x, float epsilon, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct =>
        VectorMath.Scale<TSimd, TVector>(x, InverseRoot<TSimd, TVector>(x, epsilon, length), length);

    // 1 / sqrt(mean(x²) + epsilon)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float InverseRoot<TSimd, TVector>(float* x, float epsilon, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int vectorEnd = length - (length % TSimd.Width);
        TVector squares = TSimd.Zero;
        for (int i = 0; i < vectorEnd; i += TSimd.Width)
        {
            TVector v = TSimd.Load(x + i);
            squares = TSimd.MultiplyAdd(v, v, squares);
        }

        float sum = HorizontalSum.Of<TSimd, TVector>(squares);
        for (int i = vectorEnd; i < length; i++)
        {
            sum += x[i] * x[i];
        }

        return 1 / MathF.Sqrt((sum / length) + epsilon);
    }
}
