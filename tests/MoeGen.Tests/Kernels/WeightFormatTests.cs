using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>Widening of 16-bit floats, for every bit pattern that is a number, in both halves of a word.</summary>
public unsafe class WeightFormatTests
{
    [Fact]
    public void EveryFiniteHalf_WidensExactly() => ForEveryWidth<F16>(bits => (float)BitConverter.UInt16BitsToHalf(bits));

    [Fact]
    public void EveryFiniteBfloat16_WidensExactly() => ForEveryWidth<Bf16>(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16));

    private static void ForEveryWidth<TFormat>(Func<ushort, float> exact)
        where TFormat : struct, IFloatFormat
    {
        ForEveryPattern<Simd128, Vector128<float>, TFormat>(exact);
        ForEveryPattern<Simd256, Vector256<float>, TFormat>(exact);
        ForEveryPattern<Simd512, Vector512<float>, TFormat>(exact);
    }

    private static void ForEveryPattern<TSimd, TVector, TFormat>(Func<ushort, float> exact)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat
    {
        ushort[] patterns = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits).Where(bits => float.IsFinite(exact(bits)))];
        float* even = stackalloc float[TSimd.Width], odd = stackalloc float[TSimd.Width];
        ushort* words = stackalloc ushort[2 * TSimd.Width];
        for (int first = 0; first < patterns.Length; first++)
        {
            for (int i = 0; i < 2 * TSimd.Width; i++)
            {
                words[i] = patterns[(first + (i * 257)) % patterns.Length];
            }

            TFormat.LoadPair<TSimd, TVector>((byte*)words, out TVector evenColumn, out TVector oddColumn);
            TSimd.Store(even, evenColumn);
            TSimd.Store(odd, oddColumn);
            for (int row = 0; row < TSimd.Width; row++)
            {
                AssertSameBits(exact(words[2 * row]), even[row]);
                AssertSameBits(exact(words[(2 * row) + 1]), odd[row]);
            }
        }
    }

    private static void AssertSameBits(float expected, float actual)
    {
        if (BitConverter.SingleToUInt32Bits(expected) != BitConverter.SingleToUInt32Bits(actual))
        {
            Assert.Fail($"expected {expected}, got {actual}");
        }
    }
}
