using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>
/// One width of vector arithmetic on float32. Kernels are written once over this interface; the just-in-time compiler makes one
/// version for each width in which every call is a single instruction.
/// </summary>
/// <typeparam name="TVector">The vector of that width.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Width { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Broadcast(float value);

    static abstract TVector Load(float* source);

    /// <summary>Loads bfloat16 values and widens them, exactly.</summary>
    static abstract TVector LoadBf16(ushort* source);

    /// <summary>Loads words of two bfloat16 values each and widens them, exactly.</summary>
    static abstract void LoadBf16Pairs(uint* source, out TVector lower, out TVector upper);

    /// <summary>
    /// Loads words of two IEEE half values each and widens them, exactly; infinities and NaN give large finite numbers.
    /// </summary>
    static abstract void LoadF16Pairs(uint* source, out TVector lower, out TVector upper);

    /// <summary>Loads IEEE half values and widens them, exactly; infinities and NaN give large finite numbers.</summary>
    static abstract TVector LoadF16(ushort* source);

    /// <summary>Loads integers of a byte.</summary>
    static abstract TVector LoadInt8(sbyte* source);

    static abstract void Store(float* destination, TVector value);

    /// <summary>Stores whole numbers from -128 to 127 in pairs of bytes.</summary>
    static abstract void StoreInt8Pairs(byte* destination, TVector lower, TVector upper);

    /// <summary>Stores whole numbers from 0 to 65535 in the halves of words.</summary>
    static abstract void StoreInt16Pairs(uint* destination, TVector lower, TVector upper);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary><c>a * b + c</c>, fused where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Max(TVector a, TVector b);

    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Exp(TVector value);

    /// <summary>Drops what is behind the point.</summary>
    static abstract TVector Truncate(TVector value);

    /// <summary>Each <c>b</c> whose magnitude is above that of <c>a</c>, and <c>a</c> elsewhere; that of NaN is above all.</summary>
    static abstract TVector LargerMagnitude(TVector a, TVector b);

    /// <summary>The largest element.</summary>
    static abstract float Largest(TVector value);

    /// <summary><c>(a, b, c, d, ..)</c> becomes <c>(a, a, c, c, ..)</c>.</summary>
    static abstract TVector DuplicateEven(TVector value);

    /// <summary><c>(a, b, c, d, ..)</c> becomes <c>(b, b, d, d, ..)</c>.</summary>
    static abstract TVector DuplicateOdd(TVector value);

    /// <summary><c>(a, b, c, d, ..)</c> becomes <c>(-b, a, -d, c, ..)</c>: every pair turned by a right angle.</summary>
    static abstract TVector TurnPairs(TVector value);

    /// <summary>Adds halves to halves until four sums are left.</summary>
    static abstract Vector128<float> ToQuarters(TVector value);
}
