namespace MoeGen.Kernels;

/// <summary>Constants that widen and round 16-bit floats by integer arithmetic; .NET exposes no instruction for it.</summary>
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

    /// <summary>
    /// What is added to a float32's magnitude before the 13 bits that a half has not are cut off: the difference of the exponents' biases,
    /// and one less than half of the last place.
    /// </summary>
    public const uint F16Rounding = unchecked((uint)-(112 << 23)) + 0xFFF;

    /// <summary>Bits of 2^-14 as float32: halves below it are subnormal.</summary>
    public const uint F16SmallestNormal = 0x3880_0000;
}
