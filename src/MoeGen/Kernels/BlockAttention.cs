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
internal static unsafe class BlockAttention
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
        RowBlock work = new()
        {
            Queries = memory,
            Sums = memory + (rows * keyDim),
            Weights = memory + (rows * (keyDim + valueDim)),
            NumRows = rows,
        };
        float* keyBlock = work.Weights + (rows * positions); // [positions, keyDim]
        float* valueBlock = TShape.ValuesAreKeys ? keyBlock : keyBlock + wideKeys; // [positions, valueDim]
        RowState* states = stackalloc RowState[rows];
        Start<TSimd, TVector, TShape>(block, work, states);

        int first = Attention.FirstSeen<TShape>(block.Position), last = block.Last ?? block.Position + block.NumTokens - 1;
        int keyBytes = TFormat.RowBytes(TShape.KeyDim), valueBytes = TFormat.RowBytes(valueRowDim);
        for (int start = first / positions * positions; start <= last; start += positions)
        {
            // the part of the block that some row sees
            Positions seen = new(start, Math.Max(first - start, 0), Math.Min(last + 1 - start, positions));
            nint place = start % block.Length;
            byte* keys = block.Keys + (place * keyBytes), values = block.Values + (place * valueBytes);
            if (isWidened)
            {
                Widen<TSimd, TVector, TFormat>(keys, keyBytes, TShape.KeyDim, seen, keyBlock);
                if (!TShape.ValuesAreKeys)
                {
                    Widen<TSimd, TVector, TFormat>(values, valueBytes, TShape.ValueDim, seen, valueBlock);
                }

                int valueBlockBytes = KeyValueF32.RowBytes(valueRowDim);
                Score<TSimd, TVector, TShape, KeyValueF32>(work, (byte*)keyBlock, KeyValueF32.RowBytes(TShape.KeyDim), seen);
                Weigh<TSimd, TVector, TShape>(block, work, seen, states);
                AddValues<TSimd, TVector, TShape, KeyValueF32>(work, (byte*)valueBlock, valueBlockBytes, seen, states);
            }
            else
            {
                Score<TSimd, TVector, TShape, TFormat>(work, keys, keyBytes, seen);
                Weigh<TSimd, TVector, TShape>(block, work, seen, states);
                AddValues<TSimd, TVector, TShape, TFormat>(work, values, valueBytes, seen, states);
            }
        }

        Finish<TSimd, TVector, TShape>(block, work, states);
    }

    /// <summary>Positions of a block: a power of two, so that blocks of all shapes end where the longest does.</summary>
    private static int NumPositions<TShape>()
        where TShape : struct, IAttentionShape =>
        Math.Clamp(1 << int.Log2(Math.Max(1, BlockElements / TShape.KeyDim)), MinPositions, MaxPositions);

    // queries with their scale, rows filled up with zeros; a sink is a score without a value
    private static void Start<TSimd, TVector, TShape>(in QueryBlock block, in RowBlock work, RowState* states)
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
            states[row] = block.Sinks is null
                ? new RowState { Maximum = float.NegativeInfinity }
                : new RowState { Maximum = block.Sinks[head], Sum = 1 };
        }
    }

    private static void Finish<TSimd, TVector, TShape>(in QueryBlock block, in RowBlock work, RowState* states)
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
            VectorMath.Scale<TSimd, TVector>(sums, 1 / states[row].Sum, valueDim);
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
    private static void Score<TSimd, TVector, TShape, TFormat>(in RowBlock work, byte* keys, int keyBytes, Positions seen)
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
                work.Queries + (row * keyDim), work.Weights + (row * positions), keys, keyBytes, seen, isWhole: true);
        }

        for (; row < work.NumRows; row++)
        {
            Score<TSimd, TVector, TShape, TFormat>(
                work.Queries + (row * keyDim), work.Weights + (row * positions), keys, keyBytes, seen, isWhole: false);
        }
    }

    // products of four rows, or of one, with the keys
    private static void Score<TSimd, TVector, TShape, TFormat>(
        float* queries, float* scores, byte* keys, int keyBytes, Positions seen, bool isWhole)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        // a tile may begin among keys that no row sees: they are there, and what comes of them is not used
        for (int i = seen.First / TilePositions * TilePositions; i < seen.End; i += TilePositions)
        {
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
                Prefetch(k0 + (TilePositions * keyBytes), TilePositions * keyBytes);
                Score1x4<TSimd, TVector, TShape, TFormat>(queries, scores + i, k0, k1, k2, k3);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score4x4<TSimd, TVector, TShape, TFormat>(float* queries, float* scores, byte* k0, byte* k1, byte* k2, byte* k3)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int keyDim = MatrixLayout.PaddedColumns(TShape.KeyDim), positions = NumPositions<TShape>();
        float* q0 = queries, q1 = q0 + keyDim, q2 = q1 + keyDim, q3 = q2 + keyDim;
        TVector s00 = TSimd.Zero, s01 = TSimd.Zero, s02 = TSimd.Zero, s03 = TSimd.Zero;
        TVector s10 = TSimd.Zero, s11 = TSimd.Zero, s12 = TSimd.Zero, s13 = TSimd.Zero;
        TVector s20 = TSimd.Zero, s21 = TSimd.Zero, s22 = TSimd.Zero, s23 = TSimd.Zero;
        TVector s30 = TSimd.Zero, s31 = TSimd.Zero, s32 = TSimd.Zero, s33 = TSimd.Zero;
        for (int c = 0; c < keyDim; c += TSimd.Width)
        {
            TVector q = TSimd.Load(q0 + c), r = TSimd.Load(q1 + c), s = TSimd.Load(q2 + c), t = TSimd.Load(q3 + c);
            TVector k = TFormat.Load<TSimd, TVector>(k0, c, TShape.KeyDim);
            s00 = TSimd.MultiplyAdd(q, k, s00);
            s10 = TSimd.MultiplyAdd(r, k, s10);
            s20 = TSimd.MultiplyAdd(s, k, s20);
            s30 = TSimd.MultiplyAdd(t, k, s30);
            k = TFormat.Load<TSimd, TVector>(k1, c, TShape.KeyDim);
            s01 = TSimd.MultiplyAdd(q, k, s01);
            s11 = TSimd.MultiplyAdd(r, k, s11);
            s21 = TSimd.MultiplyAdd(s, k, s21);
            s31 = TSimd.MultiplyAdd(t, k, s31);
            k = TFormat.Load<TSimd, TVector>(k2, c, TShape.KeyDim);
            s02 = TSimd.MultiplyAdd(q, k, s02);
            s12 = TSimd.MultiplyAdd(r, k, s12);
            s22 = TSimd.MultiplyAdd(s, k, s22);
            s32 = TSimd.MultiplyAdd(t, k, s32);
            k = TFormat.Load<TSimd, TVector>(k3, c, TShape.KeyDim);
            s03 = TSimd.MultiplyAdd(q, k, s03);
            s13 = TSimd.MultiplyAdd(r, k, s13);
            s23 = TSimd.MultiplyAdd(s, k, s23);
            s33 = TSimd.MultiplyAdd(t, k, s33);
        }

        HorizontalSum.Of<TSimd, TVector>(s00, s01, s02, s03).Store(scores);
        HorizontalSum.Of<TSimd, TVector>(s10, s11, s12, s13).Store(scores + positions);
        HorizontalSum.Of<TSimd, TVector>(s20, s21, s22, s23).Store(scores + (2 * positions));
        HorizontalSum.Of<TSimd, TVector>(s30, s31, s32, s33).Store(scores + (3 * positions));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score1x4<TSimd, TVector, TShape, TFormat>(float* query, float* scores, byte* k0, byte* k1, byte* k2, byte* k3)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
        for (int c = 0; c < MatrixLayout.PaddedColumns(TShape.KeyDim); c += TSimd.Width)
        {
            TVector q = TSimd.Load(query + c);
            s0 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k0, c, TShape.KeyDim), s0);
            s1 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k1, c, TShape.KeyDim), s1);
            s2 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k2, c, TShape.KeyDim), s2);
            s3 = TSimd.MultiplyAdd(q, TFormat.Load<TSimd, TVector>(k3, c, TShape.KeyDim), s3);
        }

        HorizontalSum.Of<TSimd, TVector>(s0, s1, s2, s3).Store(scores);
    }

    // scores become weights under the highest score so far
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh<TSimd, TVector, TShape>(in QueryBlock block, in RowBlock work, Positions seen, RowState* states)
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
                states[row].Shrink = 1;
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
            Exponentiate<TSimd, TVector>(work.Weights + (row * positions), positions, ref states[row]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exponentiate<TSimd, TVector>(float* scores, int length, ref RowState state)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector largest = TSimd.Load(scores);
        for (int i = TSimd.Width; i < length; i += TSimd.Width)
        {
            largest = TSimd.Max(largest, TSimd.Load(scores + i));
        }

        // what was summed under the old maximum shrinks to the new one
        float maximum = Math.Max(state.Maximum, TSimd.Largest(largest));
        state.Shrink = MathF.Exp(state.Maximum - maximum);
        state.Maximum = maximum;
        TVector sum = TSimd.Zero, shift = TSimd.Broadcast(-maximum);
        for (int i = 0; i < length; i += TSimd.Width)
        {
            TVector weight = TSimd.Exp(TSimd.Add(TSimd.Load(scores + i), shift));
            TSimd.Store(scores + i, weight);
            sum = TSimd.Add(sum, weight);
        }

        state.Sum = (state.Sum * state.Shrink) + HorizontalSum.Of<TSimd, TVector>(sum);
    }

    // weighted values are added to the sums of all rows
    private static void AddValues<TSimd, TVector, TShape, TFormat>(
        in RowBlock work, byte* values, int valueBytes, Positions seen, RowState* states)
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
                    work.Sums + (row * valueDim), work.Weights + (row * positions), values, valueBytes, c, seen, states + row);
            }
        }

        for (; row < work.NumRows; row++)
        {
            AddValues1<TSimd, TVector, TShape, TFormat>(
                work.Sums + (row * valueDim), work.Weights + (row * positions), values, valueBytes, seen, states + row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues4<TSimd, TVector, TShape, TFormat>(
        float* sums, float* weights, byte* values, int valueBytes, int column, Positions seen, RowState* states)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int dim = TShape.ValuesAreKeys ? TShape.KeyDim : TShape.ValueDim, next = column + TSimd.Width;
        int valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim), positions = NumPositions<TShape>();
        float* y0 = sums, y1 = y0 + valueDim, y2 = y1 + valueDim, y3 = y2 + valueDim;
        float* w0 = weights, w1 = w0 + positions, w2 = w1 + positions, w3 = w2 + positions;
        TVector f0 = TSimd.Broadcast(states[0].Shrink), f1 = TSimd.Broadcast(states[1].Shrink);
        TVector f2 = TSimd.Broadcast(states[2].Shrink), f3 = TSimd.Broadcast(states[3].Shrink);
        TVector y00 = TSimd.Multiply(TSimd.Load(y0 + column), f0), y01 = TSimd.Multiply(TSimd.Load(y0 + next), f0);
        TVector y10 = TSimd.Multiply(TSimd.Load(y1 + column), f1), y11 = TSimd.Multiply(TSimd.Load(y1 + next), f1);
        TVector y20 = TSimd.Multiply(TSimd.Load(y2 + column), f2), y21 = TSimd.Multiply(TSimd.Load(y2 + next), f2);
        TVector y30 = TSimd.Multiply(TSimd.Load(y3 + column), f3), y31 = TSimd.Multiply(TSimd.Load(y3 + next), f3);
        for (int i = seen.First; i < seen.End; i++)
        {
            byte* row = values + ((nint)i * valueBytes);
            TVector v0 = TFormat.Load<TSimd, TVector>(row, column, dim), v1 = TFormat.Load<TSimd, TVector>(row, next, dim);
            TVector w = TSimd.Broadcast(w0[i]);
            y00 = TSimd.MultiplyAdd(v0, w, y00);
            y01 = TSimd.MultiplyAdd(v1, w, y01);
            w = TSimd.Broadcast(w1[i]);
            y10 = TSimd.MultiplyAdd(v0, w, y10);
            y11 = TSimd.MultiplyAdd(v1, w, y11);
            w = TSimd.Broadcast(w2[i]);
            y20 = TSimd.MultiplyAdd(v0, w, y20);
            y21 = TSimd.MultiplyAdd(v1, w, y21);
            w = TSimd.Broadcast(w3[i]);
            y30 = TSimd.MultiplyAdd(v0, w, y30);
            y31 = TSimd.MultiplyAdd(v1, w, y31);
        }

        TSimd.Store(y0 + column, y00);
        TSimd.Store(y0 + next, y01);
        TSimd.Store(y1 + column, y10);
        TSimd.Store(y1 + next, y11);
        TSimd.Store(y2 + column, y20);
        TSimd.Store(y2 + next, y21);
        TSimd.Store(y3 + column, y30);
        TSimd.Store(y3 + next, y31);
    }

    // one row waits for memory, which is quickest from end to end: whole values, four together, added in the order of the tiles
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddValues1<TSimd, TVector, TShape, TFormat>(
        float* sums, float* weights, byte* values, int valueBytes, Positions seen, RowState* state)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
        where TFormat : struct, IKeyValueFormat
    {
        int dim = TShape.ValuesAreKeys ? TShape.KeyDim : TShape.ValueDim, valueDim = MatrixLayout.PaddedColumns(TShape.ValueDim);
        VectorMath.Scale<TSimd, TVector>(sums, state->Shrink, valueDim);
        int i = seen.First;
        for (; i <= seen.End - TilePositions; i += TilePositions)
        {
            byte* v0 = values + ((nint)i * valueBytes), v1 = v0 + valueBytes, v2 = v1 + valueBytes, v3 = v2 + valueBytes;
            Prefetch(v0 + (TilePositions * valueBytes), TilePositions * valueBytes);
            TVector w0 = TSimd.Broadcast(weights[i]), w1 = TSimd.Broadcast(weights[i + 1]);
            TVector w2 = TSimd.Broadcast(weights[i + 2]), w3 = TSimd.Broadcast(weights[i + 3]);
            for (int c = 0; c < valueDim; c += TSimd.Width)
            {
                TVector y = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v0, c, dim), w0, TSimd.Load(sums + c));
                y = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v1, c, dim), w1, y);
                y = TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v2, c, dim), w2, y);
                TSimd.Store(sums + c, TSimd.MultiplyAdd(TFormat.Load<TSimd, TVector>(v3, c, dim), w3, y));
            }
        }

        for (; i < seen.End; i++)
        {
            TVector weight = TSimd.Broadcast(weights[i]);
            for (int c = 0; c < valueDim; c += TSimd.Width)
            {
                TVector value = TFormat.Load<TSimd, TVector>(values + ((nint)i * valueBytes), c, dim);
                TSimd.Store(sums + c, TSimd.MultiplyAdd(value, weight, TSimd.Load(sums + c)));
            }
        }
    }

    // rows that are read side by side hide from the processor that they lie one behind the other: the next ones are asked for in order
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* memory, int count)
    {
        if (Sse.IsSupported)
        {
            for (int i = 0; i < count; i += CacheLine)
            {
                Sse.Prefetch0(memory + i);
            }
        }
    }

    // the part of a block of positions that some row sees: First up to, not including, End, counted from Start
    private readonly record struct Positions(int Start, int First, int End);

    // the working memory of a block of rows
    private readonly struct RowBlock
    {
        public required float* Queries { get; init; } // [NumRows, keyDim padded]

        public required float* Sums { get; init; } // [NumRows, valueDim padded] values under the current maximum

        public required float* Weights { get; init; } // [NumRows, positions] scores, then weights

        public required int NumRows { get; init; }
    }

    // how far the softmax of a row has come
    private struct RowState
    {
        public float Maximum { get; set; } // highest score so far

        public float Sum { get; set; } // of exp(score - Maximum)

        public float Shrink { get; set; } // from the maximum before the current block to the one behind it
    }
}
