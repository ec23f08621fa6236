using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>Layer norm: <c>y = (x - mean(x)) / sqrt(var(x) + epsilon) * weight + bias</c> (arXiv 1607.06450).</summary>
public static unsafe class LayerNorm
{
    /// <summary>Normalises whole rows. Workers share the tokens.</summary>
    /// <param name="x">Inputs, [numTokens, width] f32; may be the same as <paramref name="y"/>.</param>
    /// <param name="weight">Scale of each element, [width].</param>
    /// <param name="bias">Added to each element, [width].</param>
    /// <param name="epsilon">Added to the variance, which is the mean squared distance from the mean.</param>
    /// <param name="y">Outputs, [numTokens, width] f32.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Normalize(
        Activations x, WeightVector weight, WeightVector bias, float epsilon, Activations y, int numTokens, Worker worker)
    {
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Simd512, Vector512<float>>(x.Row(token), weight.Data, bias.Data, epsilon, y.Row(token), weight.Length);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Simd256, Vector256<float>>(x.Row(token), weight.Data, bias.Data, epsilon, y.Row(token), weight.Length);
            }
            else
            {
                Run<Simd128, Vector128<float>>(x.Row(token), weight.Data, bias.Data, epsilon, y.Row(token), weight.Length);
            }

            y.Quantize(token);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TSimd, TVector>(float* x, float* weight, float* bias, float epsilon, float* y, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int vectorEnd = length - (length % TSimd.Width);
        TVector sums = TSimd.Zero;
        for (int i = 0; i < vectorEnd; i += TSimd.Width)
        {
            sums = TSimd.Add(sums, TSimd.Load(x + i));
        }

        float sum = HorizontalSum.Of<TSimd, TVector>(sums);
        for (int i = vectorEnd; i < length; i++)
        {
            sum += x[i];
        }

        // distances from the mean, because the difference of two large sums would lose them
        float shift = -sum / length;
        TVector shifts = TSimd.Broadcast(shift), squares = TSimd.Zero;
        for (int i = 0; i < vectorEnd; i += TSimd.Width)
        {
            TVector distance = TSimd.Add(TSimd.Load(x + i), shifts);
            squares = TSimd.MultiplyAdd(distance, distance, squares);
        }

        float variance = HorizontalSum.Of<TSimd, TVector>(squares);
        for (int i = vectorEnd; i < length; i++)
        {
            variance += (x[i] + shift) * (x[i] + shift);
        }

        float scale = 1 / MathF.Sqrt((variance / length) + epsilon);
        TVector scales = TSimd.Broadcast(scale);
        for (int i = 0; i < vectorEnd; i += TSimd.Width)
        {
            TVector normed = TSimd.Multiply(TSimd.Add(TSimd.Load(x + i), shifts), scales);
            TSimd.Store(y + i, TSimd.MultiplyAdd(normed, TSimd.Load(weight + i), TSimd.Load(bias + i)));
        }

        for (int i = vectorEnd; i < length; i++)
        {
            y[i] = ((x[i] + shift) * scale * weight[i]) + bias[i];
        }
    }
}
