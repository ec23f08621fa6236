using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Weights.Quantized;

/// <summary>
/// Turns panels of Q4 into panels of a float format, rounded to the nearest, ties to even: what dequantised rows give that are laid out
/// again, but 16 rows at a time and without leaving the panel.
/// </summary>
internal static unsafe class Q4Expansion
{
    private const int Lanes = 8; // rows of a vector
    private const int GroupColumns = 8; // columns of a double word of codes
    private const int NibbleBits = 4;
    private const int ByteBits = 8;
    private const int PairBits = 2 * ByteBits; // from a pair of columns to the next one in the low halves of the bytes

    /// <summary>Words of a float panel that a pair of columns takes, and how two columns of 8 rows are put there.</summary>
    private interface IPairStore
    {
        static abstract int PairWords { get; }

        static abstract void Store(uint* pair, Vector256<float> even, Vector256<float> odd);
    }

    /// <summary>Expands panels that follow each other.</summary>
    /// <param name="panels">The first Q4 panel.</param>
    /// <param name="count">Panels.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="format">Format of the destination, a float one.</param>
    /// <param name="destination">Receives as many panels of <see cref="MatrixLayout.PanelBytes"/>, columns that fill up included.</param>
    public static void Expand(byte* panels, int count, int columns, WeightFormat format, byte* destination)
    {
        for (int i = 0; i < count; i++)
        {
            switch (format)
            {
                case WeightFormat.F32:
                    Expand<SingleStore>(panels, columns, (uint*)destination);
                    break;
                case WeightFormat.F16:
                    Expand<HalfStore>(panels, columns, (uint*)destination);
                    break;
                case WeightFormat.BF16:
                    Expand<Bf16Store>(panels, columns, (uint*)destination);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(format), format, "Twins stand in for experts in a float format.");
            }

            panels += QuantizedLayout.PanelBytes<Q4Block>(columns);
            destination += MatrixLayout.PanelBytes(columns, format);
        }
    }

    private static void Expand<TStore>(byte* panel, int columns, uint* words)
        where TStore : struct, IPairStore
    {
        ushort* scales = (ushort*)panel;
        uint* codes = (uint*)(panel + QuantizedLayout.ScaleBytes(columns));
        for (int block = QuantizedLayout.BlocksPerRow(columns); block > 0; block--)
        {
            Vector256<float> upper = Simd256.LoadF16(scales), lower = Simd256.LoadF16(scales + Lanes);
            for (int group = 0; group < QuantizedLayout.BlockSize / GroupColumns; group++)
            {
                ExpandGroup<TStore>(Vector256.Load(codes), upper, words);
                ExpandGroup<TStore>(Vector256.Load(codes + Lanes), lower, words + Lanes);
                codes += MatrixLayout.PanelRows;
                words += GroupColumns / 2 * TStore.PairWords;
            }

            scales += MatrixLayout.PanelRows;
        }
    }

    // columns 0 to 3 lie in the low halves of the four bytes, 4 to 7 in the high ones
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ExpandGroup<TStore>(Vector256<uint> codes, Vector256<float> scales, uint* words)
        where TStore : struct, IPairStore
    {
        TStore.Store(words, Values(codes, scales), Values(codes >> ByteBits, scales));
        TStore.Store(words + TStore.PairWords, Values(codes >> PairBits, scales), Values(codes >> (PairBits + ByteBits), scales));
        codes >>= NibbleBits;
        words += 2 * TStore.PairWords;
        TStore.Store(words, Values(codes, scales), Values(codes >> ByteBits, scales));
        TStore.Store(words + TStore.PairWords, Values(codes >> PairBits, scales), Values(codes >> (PairBits + ByteBits), scales));
    }

    // exact: a scale has 11 bits, a code 4
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Values(Vector256<uint> codes, Vector256<float> scales) =>
        Vector256.ConvertToSingle((codes & Vector256.Create(0xFu)).AsInt32() - Vector256.Create(Q4Block.Zero)) * scales;

    private readonly struct SingleStore : IPairStore
    {
        public static int PairWords => 2 * MatrixLayout.PanelRows;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(uint* pair, Vector256<float> even, Vector256<float> odd)
        {
            even.AsUInt32().Store(pair);
            odd.AsUInt32().Store(pair + MatrixLayout.PanelRows);
        }
    }

    private readonly struct Bf16Store : IPairStore
    {
        public static int PairWords => MatrixLayout.PanelRows;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(uint* pair, Vector256<float> even, Vector256<float> odd)
        {
            Vector256<uint> upper = HalfBits.ToUpperBf16(odd) & Vector256.Create(HalfBits.Bf16Upper);
            ((HalfBits.ToUpperBf16(even) >> HalfBits.Bf16Shift) | upper).Store(pair);
        }
    }

    private readonly struct HalfStore : IPairStore
    {
        public static int PairWords => MatrixLayout.PanelRows;

        // no half is too large, because the largest of a block was one itself
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(uint* pair, Vector256<float> even, Vector256<float> odd) =>
            (HalfBits.ToF16(even) | (HalfBits.ToF16(odd) << 16)).Store(pair);
    }
}
