using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// Causal grouped-query attention over a cache: <c>softmax(q kᵀ / sqrt(d)) v</c>, one block of positions at a time with a running
/// maximum and sum, so that no buffer grows with the context (online softmax, arXiv 1805.02867).
/// </summary>
public static unsafe class Attention
{
    // keys of a block of a 128-element head take 32 KB: they stay in the first-level cache for all heads that share them
    private const int BlockPositions = 64;

    // bounds the stack of one worker; groups of published models are far smaller
    private const int MaxHeadsTogether = 32;

    /// <summary>Attends every token to the positions before it and to itself. Workers share tokens and heads.</summary>
    /// <typeparam name="TShape">Heads, head dimension and window.</typeparam>
    /// <param name="queries">Rotated queries, [numTokens, heads * headDim] f32.</param>
    /// <param name="cache">Keys and values up to and including the last token.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="output">Outputs, [numTokens, heads * headDim] f32; may not alias.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Attend<TShape>(
        Activations queries, KvCache cache, int layer, Activations output, int firstPosition, int numTokens, Worker worker)
        where TShape : struct, IAttentionShape
    {
        int group = TShape.NumHeads / TShape.NumKeyValueHeads;
        int together = HeadsTogether(group, numTokens * TShape.NumKeyValueHeads, worker.Count);
        int unitsPerToken = TShape.NumHeads / together;
        Share units = worker.Share(numTokens * unitsPerToken);
        for (int unit = units.Start; unit < units.End; unit++)
        {
            int token = unit / unitsPerToken;
            int firstHead = unit % unitsPerToken * together;
            AttentionHeads heads = new(
                queries.Row(token) + ((nint)firstHead * TShape.HeadDim), output.Row(token) + ((nint)firstHead * TShape.HeadDim), together,
                cache.Keys(layer, firstHead / group), cache.Values(layer, firstHead / group), firstPosition + token);
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
        int dim = TShape.HeadDim;
        float scale = 1 / MathF.Sqrt(dim);
        float* scores = stackalloc float[BlockPositions];
        float* maxima = stackalloc float[MaxHeadsTogether]; // [heads] highest score so far
        float* sums = stackalloc float[MaxHeadsTogether]; // [heads] sum of exp(score - maximum) so far
        for (int head = 0; head < heads.Count; head++)
        {
            maxima[head] = float.NegativeInfinity;
            sums[head] = 0;
            new Span<float>(heads.Output + ((nint)head * dim), dim).Clear();
        }

        int begin = Math.Max(0, heads.Position - (TShape.SlidingWindow - 1));
        for (int block = begin; block <= heads.Position; block += BlockPositions)
        {
            int count = Math.Min(BlockPositions, heads.Position + 1 - block);
            float* keys = heads.Keys + ((nint)block * dim);
            float* values = heads.Values + ((nint)block * dim);
            for (int head = 0; head < heads.Count; head++)
            {
                // scores of the block and its maximum
                float* query = heads.Queries + ((nint)head * dim);
                float maximum = maxima[head];
                for (int i = 0; i < count; i++)
                {
                    scores[i] = VectorMath.Dot<TSimd, TVector>(query, keys + ((nint)i * dim), dim) * scale;
                    maximum = Math.Max(maximum, scores[i]);
                }

                // what was summed under the old maximum shrinks to the new one
                float* result = heads.Output + ((nint)head * dim);
                float shrink = MathF.Exp(maxima[head] - maximum);
                VectorMath.Scale<TSimd, TVector>(result, shrink, dim);
                float sum = sums[head] * shrink;
                for (int i = 0; i < count; i++)
                {
                    float weight = MathF.Exp(scores[i] - maximum);
                    sum += weight;
                    VectorMath.AddScaled<TSimd, TVector>(result, values + ((nint)i * dim), weight, dim);
                }

                maxima[head] = maximum;
                sums[head] = sum;
            }
        }

        for (int head = 0; head < heads.Count; head++)
        {
            VectorMath.Scale<TSimd, TVector>(heads.Output + ((nint)head * dim), 1 / sums[head], dim);
        }
    }
}

/// <summary>The heads of one token that are computed together because they share keys and values.</summary>
internal readonly unsafe struct AttentionHeads(float* queries, float* output, int count, float* keys, float* values, int position)
{
    public float* Queries { get; } = queries; // [count, headDim]

    public float* Output { get; } = output; // [count, headDim]

    public int Count { get; } = count;

    public float* Keys { get; } = keys; // [positions, headDim]

    public float* Values { get; } = values; // [positions, headDim]

    /// <summary>Position of the token: the last one it sees.</summary>
    public int Position { get; } = position;
}
