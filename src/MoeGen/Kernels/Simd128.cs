using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>The 128 bits that every supported processor has (SSE4.1, NEON).</summary>
internal readonly unsafe partial struct Simd128 : ISimd<Vector128<float>>
{
    public static int Width => 4;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadBf16(ushort* source) => (Widen(source) << HalfBits.Bf16Shift).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBf16Pairs(uint* source, out Vector128<float> lower, out Vector128<float> upper)
    {
        Vector128<uint> words = Vector128.Load(source);
        lower = (words << HalfBits.Bf16Shift).AsSingle();
        upper = (words & Vector128.Create(HalfBits.Bf16Upper)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadF16Pairs(uint* source, out Vector128<float> lower, out Vector128<float> upper)
    {
        Vector128<int> words = Vector128.Load((int*)source);
        lower = WidenUpper(words << HalfBits.F16SignShift);
        upper = WidenUpper(words);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadF16(ushort* source) => WidenUpper((Widen(source) << HalfBits.F16SignShift).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadInt8(sbyte* source) =>
        Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(int*)source).AsSByte())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Vector128<float> value) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt8Pairs(byte* destination, Vector128<float> lower, Vector128<float> upper)
    {
        Vector128<int> pairs =
            (Vector128.ConvertToInt32Native(lower) & Vector128.Create(0xFF)) | (Vector128.ConvertToInt32Native(upper) << 8);
        *(long*)destination = Vector128.Narrow(pairs, pairs).AsInt64().ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreInt16Pairs(uint* destination, Vector128<float> lower, Vector128<float> upper) =>
        (Vector128.ConvertToInt32Native(lower) | (Vector128.ConvertToInt32Native(upper) << 16)).AsUInt32().Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Exp(Vector128<float> value) => Vector128.Exp(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Truncate(Vector128<float> value) => Vector128.Truncate(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LargerMagnitude(Vector128<float> a, Vector128<float> b)
    {
        Vector128<int> magnitude = Vector128.Create(int.MaxValue); // all bits but the sign
        return Vector128.ConditionalSelect(Vector128.GreaterThan(b.AsInt32() & magnitude, a.AsInt32() & magnitude).AsSingle(), b, a);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector128<float> value)
    {
        Vector128<float> halves = Vector128.Max(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 2, 3)));
        return Math.Max(halves[0], halves[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> DuplicateEven(Vector128<float> value) =>
        Vector128.Shuffle(value, Vector128.Create(0, 0, 2, 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> DuplicateOdd(Vector128<float> value) =>
        Vector128.Shuffle(value, Vector128.Create(1, 1, 3, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> TurnPairs(Vector128<float> value) =>
        Vector128.Shuffle(value, Vector128.Create(1, 0, 3, 2))
            ^ Vector128.Create(0x8000_0000UL).AsSingle(); // the sign of every even element

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ToQuarters(Vector128<float> value) => value;

    // the half in the upper 16 bits of every word
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> WidenUpper(Vector128<int> words) =>
        ((words >> HalfBits.F16UpperShift).AsUInt32() & Vector128.Create(HalfBits.F16Widened)).AsSingle()
        * Vector128.Create(HalfBits.F16Scale);

    // 4 values of 16 bits, each in a lane of 32
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Widen(ushort* source) => Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16());
}
