using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// Operations on every element of some rows, in place. Workers share the tokens; what is behind the width of a row stays untouched, so
/// that views of some columns can be given.
/// </summary>
public static unsafe class Elementwise
{
    /// <summary><c>x = min(max(x, -limit), limit)</c> (<c>clip_qkv</c>). NaN stays NaN.</summary>
    /// <param name="x">Rows, [numTokens, width] f32.</param>
    /// <param name="limit">Largest magnitude, not negative.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Clamp(Activations x, float limit, int numTokens, Worker worker)
    {
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Clamp<Simd512, Vector512<float>>(x.Row(token), limit, x.Width);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Clamp<Simd256, Vector256<float>>(x.Row(token), limit, x.Width);
            }
            else
            {
                Clamp<Simd128, Vector128<float>>(x.Row(token), limit, x.Width);
            }
        }
    }

    /// <summary><c>x *= factor</c>.</summary>
    /// <param name="x">Rows, [numTokens, width] f32.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Multiply(Activations x, float factor, int numTokens, Worker worker)
    {
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            VectorMath.Scale(x.Row(token), factor, x.Width);
        }
    }

    /// <summary>Quantises rows whose writers could not: blocks of 32 columns belonged to several of them.</summary>
    /// <param name="x">Rows, [numTokens, width] f32.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Quantize(Activations x, int numTokens, Worker worker)
    {
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            x.Quantize(token);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Clamp<TSimd, TVector>(float* x, float limit, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector highest = TSimd.Broadcast(limit), lowest = TSimd.Broadcast(-limit);
        int i = 0;
        for (; i <= length - TSimd.Width; i += TSimd.Width)
        {
            TSimd.Store(x + i, TSimd.Min(TSimd.Max(TSimd.Load(x + i), lowest), highest));
        }

        for (; i < length; i++)
        {
            x[i] = Math.Min(Math.Max(x[i], -limit), limit);
        }
    }
}
