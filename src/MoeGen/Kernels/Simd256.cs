using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>256 bits (AVX2).</summary>
internal readonly unsafe partial struct Simd256 : ISimd<Vector256<float>>
{
    public static int Width => 8;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadBf16(ushort* source) => (Widen(source) << HalfBits.Bf16Shift).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBf16Pairs(uint* source, out Vector256<float> lower, out Vector256<float> upper)
    {
        Vector256<uint> words = Vector256.Load(source);
        lower = (words << HalfBits.Bf16Shift).AsSingle();
        upper = (words & Vector256.Create(HalfBits.Bf16Upper)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadF16Pairs(uint* source, out Vector256<float> lower, out Vector256<float> upper)
    {
        Vector256<int> words = Vector256.Load((int*)source);
        lower = WidenUpper(words << HalfBits.F16SignShift);
        upper = WidenUpper(words);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadF16(ushort* source) => WidenUpper((Widen(source) << HalfBits.F16SignShift).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadInt8(sbyte* source) =>
        Vector256.ConvertToSingle(
            Vector256.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsSByte()).ToVector256Unsafe()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector256<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt8Pairs(byte* destination, Vector256<float> lower, Vector256<float> upper)
    {
        Vector256<int> pairs =
            (Vector256.ConvertToInt32Native(lower) & Vector256.Create(0xFF)) | (Vector256.ConvertToInt32Native(upper) << 8);
        Vector128.Narrow(pairs.GetLower(), pairs.GetUpper()).Store((short*)destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt16Pairs(uint* destination, Vector256<float> lower, Vector256<float> upper) =>
        (Vector256.ConvertToInt32Native(lower) | (Vector256.ConvertToInt32Native(upper) << 16)).AsUInt32().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Vector256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Vector256.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> value) => Vector256.Exp(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Truncate(Vector256<float> value) => Vector256.Truncate(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LargerMagnitude(Vector256<float> a, Vector256<float> b)
    {
        Vector256<int> magnitude = Vector256.Create(int.MaxValue); // all bits but the sign
        return Vector256.ConditionalSelect(Vector256.GreaterThan(b.AsInt32() & magnitude, a.AsInt32() & magnitude).AsSingle(), b, a);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector256<float> value) => Simd128.Largest(Vector128.Max(value.GetLower(), value.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> DuplicateEven(Vector256<float> value) =>
        Vector256.Shuffle(value, Vector256.Create(0, 0, 2, 2, 4, 4, 6, 6));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> DuplicateOdd(Vector256<float> value) =>
        Vector256.Shuffle(value, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> TurnPairs(Vector256<float> value) =>
        Vector256.Shuffle(value, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6))
            ^ Vector256.Create(0x8000_0000UL).AsSingle(); // the sign of every even element

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToQuarters(Vector256<float> value) => value.GetLower() + value.GetUpper();

    // the half in the upper 16 bits of every word
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> WidenUpper(Vector256<int> words) =>
        ((words >> HalfBits.F16UpperShift).AsUInt32() & Vector256.Create(HalfBits.F16Widened)).AsSingle()
        * Vector256.Create(HalfBits.F16Scale);

    // 8 values of 16 bits, each in a lane of 32
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widen(ushort* source) => Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
}
