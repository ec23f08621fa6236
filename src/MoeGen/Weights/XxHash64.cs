using System.Numerics;
using System.Runtime.CompilerServices;

namespace MoeGen.Weights;

/// <summary>
/// A checksum of 64 bits that is quicker than disks: XXH64 with seed 0. It finds accidents, not forgeries.
/// Source: Cyan4973/xxHash, doc/xxhash_spec.md, version 0.2.0, "XXH64 algorithm description".
/// </summary>
internal static unsafe class XxHash64
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;
    private const int StripeBytes = 32;

    /// <summary>The checksum of some bytes.</summary>
    /// <param name="data">The bytes.</param>
    public static ulong Of(ReadOnlySpan<byte> data)
    {
        fixed (byte* first = data)
        {
            return Of(first, data.Length);
        }
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    /// <param name="length">Their number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Of(byte* data, long length)
    {
        byte* end = data + length;
        ulong hash = Prime5;
        if (length >= StripeBytes)
        {
            // four sums that do not wait for each other
            ulong a = unchecked(Prime1 + Prime2), b = Prime2, c = 0, d = unchecked(0 - Prime1);
            for (; end - data >= StripeBytes; data += StripeBytes)
            {
                a = Round(a, Word(data));
                b = Round(b, Word(data + 8));
                c = Round(c, Word(data + 16));
                d = Round(d, Word(data + 24));
            }

            hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7)
                + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
            hash = Merge(Merge(Merge(Merge(hash, a), b), c), d);
        }

        hash += (ulong)length;
        for (; end - data >= 8; data += 8)
        {
            hash = (BitOperations.RotateLeft(hash ^ Round(0, Word(data)), 27) * Prime1) + Prime4;
        }

        if (end - data >= 4)
        {
            hash = (BitOperations.RotateLeft(hash ^ (Unsafe.ReadUnaligned<uint>(data) * Prime1), 23) * Prime2) + Prime3;
            data += 4;
        }

        for (; data < end; data++)
        {
            hash = BitOperations.RotateLeft(hash ^ (*data * Prime5), 11) * Prime1;
        }

        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(byte* data) => Unsafe.ReadUnaligned<ulong>(data);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Round(ulong sum, ulong word) => BitOperations.RotateLeft(sum + (word * Prime2), 31) * Prime1;

    private static ulong Merge(ulong hash, ulong sum) => ((hash ^ Round(0, sum)) * Prime1) + Prime4;
}
