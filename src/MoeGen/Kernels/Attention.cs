using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// Attention over a cache: <c>softmax(scale * q kᵀ + bias) v</c>, in blocks of queries and positions (<see cref="BlockAttention"/>).
/// Outputs for quantised weights are quantised where a head is a multiple of 32 elements; elsewhere <c>Elementwise.Quantize</c> follows.
/// </summary>
public static unsafe class Attention
{
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

    /// <summary>The first position that a token sees.</summary>
    internal static int FirstSeen<TShape>(int position)
        where TShape : struct, IAttentionShape =>
        Math.Max(Math.Max(0, position - (TShape.SlidingWindow - 1)), position / TShape.ChunkSize * TShape.ChunkSize);

    // last: the last position that every token sees; null: its own
    private static void Attend<TShape>(
        Activations queries, KvCache cache, int layer, ScoreTerms terms, Activations output, int firstPosition, int? last, int numTokens,
        Worker worker)
        where TShape : struct, IAttentionShape
    {
        int group = TShape.NumHeads / TShape.NumKeyValueHeads;
        int heads = HeadsTogether(group, numTokens * TShape.NumKeyValueHeads, worker.Count);
        int parts = TShape.NumHeads / heads;
        int tokens = TokensTogether(heads, numTokens, parts, worker.Count);
        int numBlocks = (numTokens + tokens - 1) / tokens;
        Share units = worker.Share(parts * numBlocks);
        for (int unit = units.Start; unit < units.End; unit++)
        {
            int head = unit / numBlocks * heads, token = FromBothEnds(unit % numBlocks, numBlocks) * tokens;
            byte* keys = cache.Keys(layer, head / group);
            QueryBlock block = new()
            {
                Queries = queries.Row(token) + ((nint)head * TShape.KeyDim),
                QueryStride = queries.Stride,
                Output = output.Row(token) + ((nint)head * TShape.ValueDim),
                OutputStride = output.Stride,
                NumTokens = Math.Min(tokens, numTokens - token),
                NumHeads = heads,
                Position = firstPosition + token,
                Last = last,
                Keys = keys,
                Values = TShape.ValuesAreKeys ? keys : cache.Values(layer, head / group),
                Length = cache.Length(layer),
                Sinks = terms.Sinks is null ? null : terms.Sinks + head,
                Bias = terms.Bias is null ? null : terms.Bias.Center(head),
                BiasStride = terms.Bias?.Stride ?? 0,
                MaxDistance = terms.Bias?.MaxDistance ?? 0,
            };
            switch (cache.Format)
            {
                case KeyValueFormat.F16:
                    BlockAttention.Run<TShape, KeyValueF16>(block);
                    break;
                case KeyValueFormat.Q8:
                    BlockAttention.Run<TShape, KeyValueQ8>(block);
                    break;
                default:
                    BlockAttention.Run<TShape, KeyValueF32>(block);
                    break;
            }

            output.QuantizeHeads(token, block.NumTokens, head, heads, TShape.ValueDim);
        }
    }

    // heads of a group share the keys they read; a group is split only when there would be too little work for all workers
    private static int HeadsTogether(int group, int numGroups, int numWorkers)
    {
        for (int parts = 1; parts <= group; parts++)
        {
            if (group % parts == 0 && group / parts <= BlockAttention.MaxRows && numGroups * parts >= numWorkers)
            {
                return group / parts;
            }
        }

        return 1;
    }

    // tokens share keys as well, as many as a block has rows for, but fewer when there would be too little work for all workers
    private static int TokensTogether(int heads, int numTokens, int parts, int numWorkers) =>
        Math.Max(1, Math.Min(BlockAttention.MaxRows / heads, (int)((long)numTokens * parts / numWorkers)));

    // later tokens see more: blocks taken from the beginning and from the end in turn make equal shares equal work
    private static int FromBothEnds(int index, int count) => index % 2 == 0 ? index / 2 : count - 1 - (index / 2);
}

/// <summary>What takes part in the softmax beside the products of query and key.</summary>
internal readonly unsafe struct ScoreTerms(float* sinks, RelativeBias? bias)
{
    public float* Sinks { get; } = sinks; // [heads], or null

    public RelativeBias? Bias { get; } = bias;
}
