using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>512 bits (AVX-512).</summary>
internal readonly unsafe partial struct Simd512 : ISimd<Vector512<float>>
{
    public static int Width => 16;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBf16(ushort* source) => (Widen(source) << HalfBits.Bf16Shift).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBf16Pairs(uint* source, out Vector512<float> lower, out Vector512<float> upper)
    {
        Vector512<uint> words = Vector512.Load(source);
        lower = (words << HalfBits.Bf16Shift).AsSingle();
        upper = (words & Vector512.Create(HalfBits.Bf16Upper)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadF16Pairs(uint* source, out Vector512<float> lower, out Vector512<float> upper)
    {
        Vector512<int> words = Vector512.Load((int*)source);
        lower = WidenUpper(words << HalfBits.F16SignShift);
        upper = WidenUpper(words);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadF16(ushort* source) => WidenUpper((Widen(source) << HalfBits.F16SignShift).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadInt8(sbyte* source) =>
        Vector512.ConvertToSingle(
            Vector512.WidenLower(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()).ToVector512Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector512<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt8Pairs(byte* destination, Vector512<float> lower, Vector512<float> upper)
    {
        Vector512<int> pairs =
            (Vector512.ConvertToInt32Native(lower) & Vector512.Create(0xFF)) | (Vector512.ConvertToInt32Native(upper) << 8);
        Vector256.Narrow(pairs.GetLower(), pairs.GetUpper()).Store((short*)destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt16Pairs(uint* destination, Vector512<float> lower, Vector512<float> upper) =>
        (Vector512.ConvertToInt32Native(lower) | (Vector512.ConvertToInt32Native(upper) << 16)).AsUInt32().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Vector512.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Vector512.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> value) => Vector512.Exp(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Truncate(Vector512<float> value) => Vector512.Truncate(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LargerMagnitude(Vector512<float> a, Vector512<float> b)
    {
        Vector512<int> magnitude = Vector512.Create(int.MaxValue); // all bits but the sign
        return Vector512.ConditionalSelect(Vector512.GreaterThan(b.AsInt32() & magnitude, a.AsInt32() & magnitude).AsSingle(), b, a);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> value) => Simd256.Largest(Vector256.Max(value.GetLower(), value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> DuplicateEven(Vector512<float> value) =>
        Vector512.Shuffle(value, Vector512.Create(0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> DuplicateOdd(Vector512<float> value) =>
        Vector512.Shuffle(value, Vector512.Create(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> TurnPairs(Vector512<float> value) =>
        Vector512.Shuffle(value, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
            ^ Vector512.Create(0x8000_0000UL).AsSingle(); // the sign of every even element

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToQuarters(Vector512<float> value)
    {
        Vector256<float> half = value.GetLower() + value.GetUpper();
        return half.GetLower() + half.GetUpper();
    }

    // the half in the upper 16 bits of every word
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> WidenUpper(Vector512<int> words) =>
        ((words >> HalfBits.F16UpperShift).AsUInt32() & Vector512.Create(HalfBits.F16Widened)).AsSingle()
        * Vector512.Create(HalfBits.F16Scale);

    // 16 values of 16 bits, each in a lane of 32
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Widen(ushort* source) => Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe());
}
