using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// Attention over a cache: <c>softmax(scale * q kᵀ + bias) v</c>, one block of positions at a time with a running maximum and sum, so that
/// no buffer grows with the context (online softmax, arXiv 1805.02867).
/// </summary>
public static unsafe class Attention
{
    // keys of a block take 32 KB: they stay in the first-level cache for all heads that share them. Latent keys are so long that a block
    // of fewer than 16 positions would spend its time on the shrinking of sums.
    private const int BlockElements = 8192;
    private const int MinBlockPositions = 16;
    private const int MaxBlockPositions = 64;

    // bounds the stack of one worker; larger groups are split
    private const int MaxHeadsTogether = 32;

    /// <summary>Attends every token to the positions before it and to itself. Workers share tokens and heads.</summary>
    /// <typeparam name="TShape">Heads, their dimensions and what a token sees.</typeparam>
    /// <param name="queries">Rotated queries, [numTokens, heads * keyDim] f32.</param>
    /// <param name="cache">Keys and values up to and including the last token; a Sync stands behind their <c>Append</c>.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="output">Outputs, [numTokens, heads * valueDim] f32; may not alias.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Attend<TShape>(
        Activations queries, KvCache cache, int layer, Activations output, int firstPosition, int numTokens, Worker worker)
        where TShape : struct, IAttentionShape =>
        Attend<TShape>(queries, cache, layer, new ScoreTerms(null, null), output, firstPosition, null, numTokens, worker);

    /// <summary>Attends with sinks: a learned score for each head that takes part in the softmax and has no value.</summary>
    /// <inheritdoc cref="Attend{TShape}(Activations, KvCache, int, Activations, int, int, Worker)"/>
    /// <param name="sinks">Score of each head's sink, not scaled, [heads].</param>
    /// <remarks>Reference: transformers <c>modeling_gpt_oss</c>, eager_attention_forward.</remarks>
    public static void Attend<TShape>(
        Activations queries, KvCache cache, int layer, WeightVector sinks, Activations output, int firstPosition, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape =>
        Attend<TShape>(queries, cache, layer, new ScoreTerms(sinks.Data, null), output, firstPosition, null, numTokens, worker);

    /// <summary>Attends with relative positions: a number for each head and distance is added to the score.</summary>
    /// <inheritdoc cref="Attend{TShape}(Activations, KvCache, int, Activations, int, int, Worker)"/>
    /// <param name="bias">The numbers; not scaled.</param>
    public static void Attend<TShape>(
        Activations queries, KvCache cache, int layer, RelativeBias bias, Activations output, int firstPosition, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape =>
        Attend<TShape>(queries, cache, layer, new ScoreTerms(null, bias), output, firstPosition, null, numTokens, worker);

    /// <summary>
    /// Attends every token to all positions, those behind it included, as encoders do, and as decoders do to what an encoder has read.
    /// Workers share tokens and heads.
    /// </summary>
    /// <typeparam name="TShape">Heads and their dimensions; a window or chunk is not for this.</typeparam>
    /// <param name="queries">Queries, [numTokens, heads * keyDim] f32.</param>
    /// <param name="cache">Keys and values of all positions; a Sync stands behind their <c>Append</c>.</param>
    /// <param name="layer">0-based layer of the cache.</param>
    /// <param name="bias">Numbers added to the scores by distance, token t standing at position t; null: none.</param>
    /// <param name="output">Outputs, [numTokens, heads * valueDim] f32; may not alias.</param>
    /// <param name="numPositions">Positions, at least 1.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void AttendAll<TShape>(
        Activations queries, KvCache cache, int layer, RelativeBias? bias, Activations output, int numPositions, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape =>
        Attend<TShape>(queries, cache, layer, new ScoreTerms(null, bias), output, 0, numPositions - 1, numTokens, worker);

    // last: the last position that every token sees; null: its own
    private static void Attend<TShape>(
        Activations queries, KvCache cache, int layer, ScoreTerms terms, Activations output, int firstPosition, int? last, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape
    {
        int group = TShape.NumHeads / TShape.NumKeyValueHeads;
        int together = HeadsTogether(group, numTokens * TShape.NumKeyValueHeads, worker.Count);
        int unitsPerToken = TShape.NumHeads / together;
        Share units = worker.Share(numTokens * unitsPerToken);
        for (int unit = units.Start; unit < units.End; unit++)
        {
            int token = unit / unitsPerToken;
            int head = unit % unitsPerToken * together;
            float* keys = cache.Keys(layer, head / group);
            AttentionHeads heads = new(
                queries.Row(token) + ((nint)head * TShape.KeyDim), output.Row(token) + ((nint)head * TShape.ValueDim), together, keys,
                TShape.ValuesAreKeys ? keys : cache.Values(layer, head / group), firstPosition + token)
            {
                Last = last ?? firstPosition + token,
                Sinks = terms.Sinks is null ? null : terms.Sinks + head,
                Bias = terms.Bias is null ? null : terms.Bias.Center(head),
                BiasStride = terms.Bias?.Stride ?? 0,
                MaxDistance = terms.Bias?.MaxDistance ?? 0,
            };
            if (Vector512.IsHardwareAccelerated)
            {
                Run<Simd512, Vector512<float>, TShape>(heads);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Run<Simd256, Vector256<float>, TShape>(heads);
            }
            else
            {
                Run<Simd128, Vector128<float>, TShape>(heads);
            }
        }
    }

    /// <summary>The first position that a token sees.</summary>
    internal static int FirstSeen<TShape>(int position)
        where TShape : struct, IAttentionShape =>
        Math.Max(Math.Max(0, position - (TShape.SlidingWindow - 1)), position / TShape.ChunkSize * TShape.ChunkSize);

    // heads of a group share the keys they read; a group is split only when there would be too little work for all workers
    private static int HeadsTogether(int group, int numGroups, int numWorkers)
    {
        for (int parts = 1; parts <= group; parts++)
        {
            if (group % parts == 0 && group / parts <= MaxHeadsTogether && numGroups * parts >= numWorkers)
            {
                return group / parts;
            }
        }

        return 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TSimd, TVector, TShape>(in AttentionHeads heads)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TShape : struct, IAttentionShape
    {
        int keyDim = TShape.KeyDim, valueDim = TShape.ValueDim;
        int valueStride = TShape.ValuesAreKeys ? keyDim : valueDim;
        int blockPositions = Math.Clamp(BlockElements / keyDim, MinBlockPositions, MaxBlockPositions);
        float* scores = stackalloc float[MaxBlockPositions];
        float* maxima = stackalloc float[MaxHeadsTogether]; // [heads] highest score so far
        float* sums = stackalloc float[MaxHeadsTogether]; // [heads] sum of exp(score - maximum) so far
        for (int head = 0; head < heads.Count; head++)
        {
            // a sink is a score without a value
            maxima[head] = heads.Sinks is null ? float.NegativeInfinity : heads.Sinks[head];
            sums[head] = heads.Sinks is null ? 0 : 1;
            new Span<float>(heads.Output + ((nint)head * valueDim), valueDim).Clear();
        }

        for (int block = FirstSeen<TShape>(heads.Position); block <= heads.Last; block += blockPositions)
        {
            int count = Math.Min(blockPositions, heads.Last + 1 - block);
            float* keys = heads.Keys + ((nint)block * keyDim);
            float* values = heads.Values + ((nint)block * valueStride);
            for (int head = 0; head < heads.Count; head++)
            {
                // scores of the block and its maximum
                float* query = heads.Queries + ((nint)head * keyDim);
                float* bias = heads.Bias + ((nint)head * heads.BiasStride);
                float maximum = maxima[head];
                for (int i = 0; i < count; i++)
                {
                    scores[i] = VectorMath.Dot<TSimd, TVector>(query, keys + ((nint)i * keyDim), keyDim) * TShape.Scale;
                    if (heads.Bias is not null)
                    {
                        scores[i] += bias[Math.Clamp(block + i - heads.Position, -heads.MaxDistance, heads.MaxDistance)];
                    }

                    maximum = Math.Max(maximum, scores[i]);
                }

                // what was summed under the old maximum shrinks to the new one
                float* result = heads.Output + ((nint)head * valueDim);
                float shrink = MathF.Exp(maxima[head] - maximum);
                VectorMath.Scale<TSimd, TVector>(result, shrink, valueDim);
                float sum = sums[head] * shrink;
                for (int i = 0; i < count; i++)
                {
                    float weight = MathF.Exp(scores[i] - maximum);
                    sum += weight;
                    VectorMath.AddScaled<TSimd, TVector>(result, values + ((nint)i * valueStride), weight, valueDim);
                }

                maxima[head] = maximum;
                sums[head] = sum;
            }
        }

        for (int head = 0; head < heads.Count; head++)
        {
            VectorMath.Scale<TSimd, TVector>(heads.Output + ((nint)head * valueDim), 1 / sums[head], valueDim);
        }
    }
}

/// <summary>The heads of one token that are computed together because they share keys and values.</summary>
internal readonly unsafe struct AttentionHeads(float* queries, float* output, int count, float* keys, float* values, int position)
{
    public float* Queries { get; } = queries; // [count, keyDim]

    public float* Output { get; } = output; // [count, valueDim]

    public int Count { get; } = count;

    public float* Keys { get; } = keys; // [positions, keyDim]

    public float* Values { get; } = values; // [positions, valueDim], or the keys

    /// <summary>A score for each head that has no value, [count]; null: none.</summary>
    public float* Sinks { get; init; }

    /// <summary>
    /// Added to the scores by key position minus <see cref="Position"/>, [count, BiasStride] from distance 0; null: none.
    /// </summary>
    public float* Bias { get; init; }

    public int BiasStride { get; init; }

    /// <summary>Distances beyond it have its bias.</summary>
    public int MaxDistance { get; init; }

    /// <summary>Position of the token.</summary>
    public int Position { get; } = position;

    /// <summary>Last position that the token sees; its own, unless it sees all.</summary>
    public int Last { get; init; } = position;
}

/// <summary>What takes part in the softmax beside the products of query and key.</summary>
internal readonly unsafe struct ScoreTerms(float* sinks, RelativeBias? bias)
{
    public float* Sinks { get; } = sinks; // [heads], or null

    public RelativeBias? Bias { get; } = bias;
}
