using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>Widening of 16-bit floats, for every bit pattern that is a number.</summary>
public unsafe class WeightFormatTests
{
    [Fact]
    public void EveryFiniteHalf_WidensExactly() =>
        ForEveryPattern(bits => (float)BitConverter.UInt16BitsToHalf(bits), Embedding.Widen<Simd128, Vector128<float>, F16>,
            Embedding.Widen<Simd256, Vector256<float>, F16>, Embedding.Widen<Simd512, Vector512<float>, F16>);

    [Fact]
    public void EveryFiniteBfloat16_WidensExactly() =>
        ForEveryPattern(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16), Embedding.Widen<Simd128, Vector128<float>, Bf16>,
            Embedding.Widen<Simd256, Vector256<float>, Bf16>, Embedding.Widen<Simd512, Vector512<float>, Bf16>);

    private delegate void Widen(byte* row, float* destination, int length, float scale);

    private static void ForEveryPattern(Func<ushort, float> exact, params Widen[] widths)
    {
        ushort[] patterns = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits).Where(bits => float.IsFinite(exact(bits)))];

        // filled up to whole vectors with zeros
        Array.Resize(ref patterns, (patterns.Length + 31) / 32 * 32);
        float[] result = new float[patterns.Length];
        foreach (Widen widen in widths)
        {
            fixed (ushort* source = patterns)
            fixed (float* destination = result)
            {
                widen((byte*)source, destination, patterns.Length, 1);
            }

            for (int i = 0; i < patterns.Length; i++)
            {
                Assert.Equal(BitConverter.SingleToUInt32Bits(exact(patterns[i])), BitConverter.SingleToUInt32Bits(result[i]));
            }
        }
    }
}
