using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>
/// Attention of a block of queries: block after block of positions is scored against all of them and added up for all of them under a
/// running maximum and sum (online softmax, arXiv 1805.02867; in blocks of both, arXiv 2205.14135), so that keys and values come from
/// memory once and no buffer grows with the context.
/// </summary>
/// <remarks>
/// A row adds positions in order, and blocks begin at multiples of their length, so its bits depend neither on the rows beside it nor on
/// the chunk or the worker that computes it. What a row of the block does not see has weight 0, which changes no sum.
/// </remarks>
internal static unsafe partial class BlockAttention
{
    /// <summary>Most rows of a block: pairs of token and head. They bound the stack of one worker.</summary>
    public const int MaxRows = 32;

    /// <summary>Most positions of a block; all numbers of positions divide it.</summary>
    public const int MaxPositions = 64;

    // keys of a block take 32 KB. Latent keys are so long that a block of fewer than 16 positions would spend its time on the shrinking
    // of sums; 16 is also the widest vector.
    private const int BlockElements = 8192;
    private const int MinPositions = 16;

    // rows, positions and vectors of a tile: sixteen sums for scores, eight for values, so that additions need not wait for each other
    private const int TileRows = 4;
    private const int TilePositions = 4;
    private const int TileVectors = 2;

    private const int CacheLine = 64; // bytes: a load of the widest vector must not touch two of them

    /// <summary>Computes a block with the widest vectors of this processor.</summary>
    public static void Run<TShape, TFormat>(in QueryBlock block)
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<Simd512, Vector512<float>, TShape, TFormat>(block);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<Simd256, Vector256<float>, TShape, TFormat>(block);
        }
        else
        {
            Run<Simd128, Vector128<float>, TShape, TFormat>(block);
        }
    }

    /// <summary>Computes a block with vectors of one width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    internal static void Run<TSimd, TVector, TShape, TFormat>(in QueryBlock block)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int rows = block.NumTokens * block.NumHeads, positions = NumPositions<TShape>();
        int keyDim = MatrixLayout.PaddedColumns(TShape.KeyDim), valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim);
        int valueRowDim = TShape.ValuesAreKeys ? TShape.KeyDim : TShape.ValueDim;

        // several tiles read a block as float32, which is widened once; the bits are those of widening it in each tile
        bool isWidened = TFormat.Format != KeyValueFormat.F32 && rows > TileRows;
        int wideKeys = isWidened ? positions * keyDim : 0;
        int wideValues = isWidened && !TShape.ValuesAreKeys ? positions * valueDim : 0;
        int elements = (rows * (keyDim + valueDim + positions)) + wideKeys + wideValues;
        float* memory = stackalloc float[elements + (CacheLine / sizeof(float))];
        memory = (float*)(((nuint)memory + CacheLine - 1) & ~(nuint)(CacheLine - 1));
        OnlineSoftmax* softmaxes = stackalloc OnlineSoftmax[rows];
        RowBlock work = new()
        {
            Queries = memory,
            Sums = memory + (rows * keyDim),
            Weights = memory + (rows * (keyDim + valueDim)),
            Softmaxes = softmaxes,
            NumRows = rows,
        };
        float* keyBlock = work.Weights + (rows * positions); // [positions, keyDim]
        float* valueBlock = TShape.ValuesAreKeys ? keyBlock : keyBlock + wideKeys; // [positions, valueDim]
        Start<TSimd, TVector, TShape>(block, work);

        int first = Attention.FirstSeen<TShape>(block.Position), last = block.Last ?? block.Position + block.NumTokens - 1;
        int keyBytes = TFormat.RowBytes(TShape.KeyDim), valueBytes = TFormat.RowBytes(valueRowDim);
        for (int start = first / positions * positions; start <= last; start += positions)
        {
            // the part of the block that some row sees
            Positions seen = new(start, Math.Max(first - start, 0), Math.Min(last + 1 - start, positions));
            nint place = start % block.Length;
            byte* keys = block.Keys + (place * keyBytes), values = block.Values + (place * valueBytes);
            int next = start + positions, numNext = last + 1 - next;
            nint nextPlace = next % block.Length;
            Upcoming nextKeys = new(block.Keys + (nextPlace * keyBytes), keyBytes, numNext);
            if (isWidened)
            {
                Widen<TSimd, TVector, TFormat>(keys, keyBytes, TShape.KeyDim, seen, keyBlock);
                if (!TShape.ValuesAreKeys)
                {
                    Widen<TSimd, TVector, TFormat>(values, valueBytes, TShape.ValueDim, seen, valueBlock);
                }

                Upcoming nextValues = TShape.ValuesAreKeys ? default : new(block.Values + (nextPlace * valueBytes), valueBytes, numNext);
                int valueBlockBytes = KeyValueF32.RowBytes(valueRowDim);
                Score<TSimd, TVector, TShape, KeyValueF32>(work, (byte*)keyBlock, KeyValueF32.RowBytes(TShape.KeyDim), seen, nextKeys);
                Weigh<TSimd, TVector, TShape>(block, work, seen);
                AddValues<TSimd, TVector, TShape, KeyValueF32>(work, (byte*)valueBlock, valueBlockBytes, seen, nextValues);
            }
            else
            {
                Upcoming theirValues = TShape.ValuesAreKeys ? default : new(values, valueBytes, seen.End);
                Score<TSimd, TVector, TShape, TFormat>(work, keys, keyBytes, seen, theirValues);
                Weigh<TSimd, TVector, TShape>(block, work, seen);
                AddValues<TSimd, TVector, TShape, TFormat>(work, values, valueBytes, seen, nextKeys);
            }
        }

        Finish<TSimd, TVector, TShape>(block, work);
    }

    /// <summary>Positions of a block: a power of two, so that blocks of all shapes end where the longest does.</summary>
    private static int NumPositions<TShape>()
        where TShape : struct, IAttentionShape =>
        Math.Clamp(1 << int.Log2(Math.Max(1, BlockElements / TShape.KeyDim)), MinPositions, MaxPositions);

    // queries with their scale, rows filled up with zeros; a sink is a score without a value
    private static void Start<TSimd, TVector, TShape>(in QueryBlock block, in RowBlock work)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
    {
        int keyDim = MatrixLayout.PaddedColumns(TShape.KeyDim), valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim);
        for (int row = 0; row < work.NumRows; row++)
        {
            int token = row / block.NumHeads, head = row % block.NumHeads;
            float* source = block.Queries + ((nint)token * block.QueryStride) + ((nint)head * TShape.KeyDim);
            float* query = work.Queries + (row * keyDim);
            new Span<float>(source, TShape.KeyDim).CopyTo(new Span<float>(query, TShape.KeyDim));
            new Span<float>(query + TShape.KeyDim, keyDim - TShape.KeyDim).Clear();
            VectorMath.Scale<TSimd, TVector>(query, TShape.Scale, keyDim);
            new Span<float>(work.Sums + (row * valueDim), valueDim).Clear();
            work.Softmaxes[row] = block.Sinks is null ? OnlineSoftmax.Empty : OnlineSoftmax.OfSink(block.Sinks[head]);
        }
    }

    private static void Finish<TSimd, TVector, TShape>(in QueryBlock block, in RowBlock work)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
    {
        int valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim);
        for (int row = 0; row < work.NumRows; row++)
        {
            int token = row / block.NumHeads, head = row % block.NumHeads;
            float* sums = work.Sums + (row * valueDim);
            float* output = block.Output + ((nint)token * block.OutputStride) + ((nint)head * TShape.ValueDim);
            VectorMath.Scale<TSimd, TVector>(sums, 1 / work.Softmaxes[row].Sum, valueDim);
            new Span<float>(sums, TShape.ValueDim).CopyTo(new Span<float>(output, TShape.ValueDim));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<TSimd, TVector, TFormat>(byte* rows, int rowBytes, int dim, Positions seen, float* destination)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IKeyValueFormat
    {
        int padded = MatrixLayout.PaddedColumns(dim);
        for (int i = seen.First; i < seen.End; i++)
        {
            for (int c = 0; c < padded; c += TSimd.Width)
            {
                TSimd.Store(destination + (i * padded) + c, TFormat.Load<TSimd, TVector>(rows + ((nint)i * rowBytes), c, dim));
            }
        }
    }

    // products of all rows with the keys that some row sees
    private static void Score<TSimd, TVector, TShape, TFormat>(
        in RowBlock work, byte* keys, int keyBytes, Positions seen, Upcoming ahead)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int keyDim = MatrixLayout.PaddedColumns(TShape.KeyDim), positions = NumPositions<TShape>();
        int row = 0;
        for (; row <= work.NumRows - TileRows; row += TileRows)
        {
            Score<TSimd, TVector, TShape, TFormat>(
                work.Queries + (row * keyDim), work.Weights + (row * positions), keys, keyBytes, seen,
                row == 0 ? ahead : default, isWhole: true);
        }

        for (; row < work.NumRows; row++)
        {
            Score<TSimd, TVector, TShape, TFormat>(
                work.Queries + (row * keyDim), work.Weights + (row * positions), keys, keyBytes, seen,
                row == 0 ? ahead : default, isWhole: false);
        }
    }

    // products of four rows, or of one, with the keys
    private static void Score<TSimd, TVector, TShape, TFormat>(
        float* queries, float* scores, byte* keys, int keyBytes, Positions seen, Upcoming ahead, bool isWhole)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        // a tile may begin among keys that no row sees: they are there, and what comes of them is not used
        for (int i = seen.First / TilePositions * TilePositions; i < seen.End; i += TilePositions)
        {
            ahead.Prefetch(i);

            // the last tile scores its last key several times rather than what may be no memory of the cache
            int lastKey = seen.End - 1;
            byte* k0 = keys + ((nint)i * keyBytes), k1 = keys + ((nint)Math.Min(i + 1, lastKey) * keyBytes);
            byte* k2 = keys + ((nint)Math.Min(i + 2, lastKey) * keyBytes), k3 = keys + ((nint)Math.Min(i + 3, lastKey) * keyBytes);
            if (isWhole)
            {
                Score4x4<TSimd, TVector, TShape, TFormat>(queries, scores + i, k0, k1, k2, k3);
            }
            else
            {
                Score1x4<TSimd, TVector, TShape, TFormat>(queries, scores + i, k0, k1, k2, k3);
            }
        }
    }

    // scores become weights under the highest score so far
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh<TSimd, TVector, TShape>(in QueryBlock block, in RowBlock work, Positions seen)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
    {
        int positions = NumPositions<TShape>();
        for (int row = 0; row < work.NumRows; row++)
        {
            int position = block.Position + (row / block.NumHeads);
            int first = Math.Max(Attention.FirstSeen<TShape>(position) - seen.Start, 0);
            int end = Math.Min((block.Last ?? position) + 1 - seen.Start, positions);
            Span<float> weights = new(work.Weights + (row * positions), positions);
            if (first >= end)
            {
                weights.Clear();
                work.Softmaxes[row].SkipBlock();
                continue;
            }

            if (block.Bias is not null)
            {
                float* bias = block.Bias + ((nint)(row % block.NumHeads) * block.BiasStride);
                for (int i = first; i < end; i++)
                {
                    weights[i] += bias[Math.Clamp(seen.Start + i - position, -block.MaxDistance, block.MaxDistance)];
                }
            }

            weights[..first].Fill(float.NegativeInfinity);
            weights[end..].Fill(float.NegativeInfinity);
            work.Softmaxes[row].Weigh<TSimd, TVector>(work.Weights + (row * positions), positions);
        }
    }

    // weighted values are added to the sums of all rows
    private static void AddValues<TSimd, TVector, TShape, TFormat>(
        in RowBlock work, byte* values, int valueBytes, Positions seen, Upcoming ahead)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim), positions = NumPositions<TShape>();
        int row = 0;
        for (; row <= work.NumRows - TileRows; row += TileRows)
        {
            for (int c = 0; c < valueDim; c += TileVectors * TSimd.Width)
            {
                AddValues4<TSimd, TVector, TShape, TFormat>(
                    work.Sums + (row * valueDim), work.Weights + (row * positions), values, valueBytes, c, seen, work.Softmaxes + row,
                    row == 0 && c == 0 ? ahead : default);
            }
        }

        for (; row < work.NumRows; row++)
        {
            AddValues1<TSimd, TVector, TShape, TFormat>(
                work.Sums + (row * valueDim), work.Weights + (row * positions), values, valueBytes, seen, work.Softmaxes + row,
                row == 0 ? ahead : default);
        }
    }

    // the part of a block of positions that some row sees: First up to, not including, End, counted from Start
    private readonly record struct Positions(int Start, int First, int End);

    // Rows that are read next, so many: they are asked for while others are computed, as many at a time as a tile has positions. Half a
    // block is far enough ahead for the second-level cache, from which the first one takes rows in order by itself.
    private readonly struct Upcoming(byte* rows, int rowBytes, int count)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Prefetch(int row)
        {
            if (Sse.IsSupported && row < count)
            {
                for (int i = 0; i < TilePositions * rowBytes; i += CacheLine)
                {
                    Sse.Prefetch1(rows + ((nint)row * rowBytes) + i);
                }
            }
        }
    }

    // the working memory of a block of rows
    private readonly struct RowBlock
    {
        public required float* Queries { get; init; } // [NumRows, keyDim padded]

        public required float* Sums { get; init; } // [NumRows, valueDim padded] values under the current maximum

        public required float* Weights { get; init; } // [NumRows, positions] scores, then weights

        public required OnlineSoftmax* Softmaxes { get; init; } // [NumRows]

        public required int NumRows { get; init; }
    }
}
