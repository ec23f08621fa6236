using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels.Quantized;

/// <summary>
/// Integers for 32 values that are quantised while the model runs, activations or keys and values: their products with the inverse of a
/// scale, rounded to the nearest, ties to even.
/// </summary>
/// <remarks>A block is two vectors of 512 bits; where the processor's are shorter, the compiler takes several of them for one.</remarks>
internal static unsafe class BlockCodes
{
    private const int Width = 16; // Vector512<float>.Count
    private const int Magnitude = 0x7FFF_FFFF;

    // 1.5 x 2^23: what is added to it is rounded to a whole number, which stands in the lowest bits
    private const float Rounder = 12582912;

    /// <summary>Largest magnitude of a block, NaN above all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestMagnitude(float* x)
    {
        // the bits of magnitudes compare as the magnitudes do
        Vector512<int> magnitude = Vector512.Create(Magnitude);
        Vector512<int> max = Vector512.Max(Vector512.Load(x).AsInt32() & magnitude, Vector512.Load(x + Width).AsInt32() & magnitude);
        Vector256<int> eight = Vector256.Max(max.GetLower(), max.GetUpper());
        Vector128<int> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return BitConverter.Int32BitsToSingle(Math.Max(four[0], four[1]));
    }

    /// <summary>Writes the codes of a block in 16 bits.</summary>
    /// <param name="x">The block.</param>
    /// <param name="inverse">Factor under which it fits the codes; 0: all codes are 0, whatever the values are.</param>
    /// <param name="codes">Receives the codes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ToInt16(float* x, float inverse, short* codes) =>
        Vector512.Narrow(Codes(x, inverse), Codes(x + Width, inverse)).Store(codes);

    /// <summary>Writes the codes of a block in 8 bits.</summary>
    /// <inheritdoc cref="ToInt16"/>
    /// <returns>Sums of the codes of columns 0, 1, 2 and 3 of every four.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> ToInt8(float* x, float inverse, sbyte* codes)
    {
        Vector512<int> a = Codes(x, inverse), b = Codes(x + Width, inverse);
        Vector512<short> halves = Vector512.Narrow(a, b);
        Vector256.Narrow(halves.GetLower(), halves.GetUpper()).Store(codes);
        Vector512<int> sums = a + b;
        Vector256<int> eight = sums.GetLower() + sums.GetUpper();
        return eight.GetLower() + eight.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Codes(float* x, float inverse)
    {
        // 0 times an infinity would be NaN: a block without an inverse has no codes
        Vector512<float> scaled = (Vector512.Load(x) * inverse) + Vector512.Create(Rounder);
        return inverse == 0 ? Vector512<int>.Zero : scaled.AsInt32() - Vector512.Create(Rounder).AsInt32();
    }
}
