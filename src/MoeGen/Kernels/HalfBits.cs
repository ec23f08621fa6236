using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>
/// Widens and rounds 16-bit floats by integer arithmetic; .NET exposes no instruction for it. Rounding is to the nearest, and to even where
/// two are as near.
/// </summary>
internal static class HalfBits
{
    /// <summary>A bfloat16 is the upper half of a float32.</summary>
    public const int Bf16Shift = 16;

    /// <summary>The upper one of two bfloat16 in a word.</summary>
    public const uint Bf16Upper = 0xFFFF_0000;

    public const uint F16Sign = 0x8000;

    public const int F16SignShift = 16;

    public const uint F16Magnitude = 0x7FFF;

    /// <summary>Moves exponent and fraction of a half to their places in a float32.</summary>
    public const int F16Shift = 13;

    /// <summary>Moves them there from the upper half of a word; an arithmetic shift leaves the sign where it is.</summary>
    public const int F16UpperShift = F16SignShift - F16Shift;

    /// <summary>Sign, exponent and fraction of a half at their places in a float32.</summary>
    public const uint F16Widened = (F16Sign << F16SignShift) | (F16Magnitude << F16Shift);

    /// <summary>2^112: the difference of the exponents' biases, 127 - 15. Multiplying also normalises subnormal halves.</summary>
    public const float F16Scale = 5.192296858534828e33f;

    // what is added to a float32's magnitude before the 13 bits that a half has not are cut off: the difference of the exponents' biases,
    // and one less than half of the last place
    private const uint F16Rounding = unchecked((uint)-(112 << 23)) + 0xFFF;

    // bits of 2^-14 as float32: halves below it are subnormal
    private const uint F16SmallestNormal = 0x3880_0000;

    // one less than half of the last place that a bfloat16 has
    private const uint Bf16Rounding = 0x7FFF;

    /// <summary>Rounds a finite value to bfloat16.</summary>
    public static ushort ToBf16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + Bf16Rounding + ((bits >> Bf16Shift) & 1)) >> Bf16Shift);
    }

    /// <summary>Rounds finite values to bfloat16, each in the upper half of a lane; the lower half is of no use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ToUpperBf16(Vector256<float> values)
    {
        Vector256<uint> bits = values.AsUInt32();
        return bits + Vector256.Create(Bf16Rounding) + ((bits >> Bf16Shift) & Vector256<uint>.One);
    }

    /// <summary>Rounds values of at most 65504 to halves, each in the lower half of a lane; the upper half is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ToF16(Vector256<float> values)
    {
        Vector256<uint> bits = values.AsUInt32();
        Vector256<uint> sign = (bits >> F16SignShift) & Vector256.Create(F16Sign);
        Vector256<uint> magnitude = bits & Vector256.Create(~(F16Sign << F16SignShift));

        // half of the last place is added before the rest is cut off, less by one where the result is even already
        Vector256<uint> odd = (magnitude >> F16Shift) & Vector256<uint>.One;
        Vector256<uint> normal = (magnitude + odd + Vector256.Create(F16Rounding)) >> F16Shift;

        // the last place of a float at 1/2 is that of a subnormal half, so adding 1/2 rounds
        Vector256<float> half = Vector256.Create(0.5f);
        Vector256<uint> subnormal = (magnitude.AsSingle() + half).AsUInt32() - half.AsUInt32();
        Vector256<uint> isSubnormal = Vector256.LessThan(magnitude, Vector256.Create(F16SmallestNormal));
        return Vector256.ConditionalSelect(isSubnormal, subnormal, normal) | sign;
    }
}
