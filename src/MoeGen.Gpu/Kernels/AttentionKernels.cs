using ILGPU;
using MoeGen.Kernels;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// Attention over a cache, <c>softmax(scale * q kᵀ) v</c>, in blocks of positions with a running maximum and sum (arXiv 2205.14135): one
/// group for each head and token. Each thread scores positions of its own and sums up elements of the value of its own.
/// </summary>
public static class AttentionKernels
{
    // positions whose scores are in shared memory together
    private const int BlockLength = 128;

    /// <summary>Writes keys, or values, of a sequence's tokens to its cache. Grid: [key/value heads, tokens].</summary>
    /// <param name="rows">Rotated keys, or values, [tokens, heads * dim].</param>
    /// <param name="stride">Elements from a row to the next one.</param>
    /// <param name="dim">Elements of a head.</param>
    /// <param name="cache">Where they go.</param>
    /// <param name="place">First key, or value, of the layer.</param>
    public static void Append(ArrayView<float> rows, int stride, int dim, CacheLayer cache, long place)
    {
        int head = Grid.IdxX, token = Grid.IdxY;
        long source = ((long)token * stride) + (head * dim);
        long destination = place + ((((long)head * cache.Length) + ((cache.FirstPosition + token) % cache.Length)) * dim);
        for (int i = Group.IdxX; i < dim; i += Group.DimX)
        {
            cache.Memory[destination + i] = rows[source + i];
        }
    }

    /// <summary>Attends every token of a sequence to the positions before it and to itself, or to all. Grid: [heads, tokens].</summary>
    /// <typeparam name="TShape">Heads, their dimensions and what a token sees.</typeparam>
    /// <param name="queries">Rotated queries, [tokens, heads * keyDim].</param>
    /// <param name="cache">Keys and values up to and including those of the tokens.</param>
    /// <param name="terms">What scores have beside queries and keys.</param>
    /// <param name="output">Outputs, [tokens, heads * valueDim].</param>
    public static void Attend<TShape>(ArrayView<float> queries, CacheLayer cache, AttentionTerms terms, ArrayView<float> output)
        where TShape : struct, IAttentionShape
    {
        ArrayView<float> scores = SharedMemory.Allocate<float>(BlockLength);
        ArrayView<float> sums = SharedMemory.Allocate<float>(TShape.ValueDim);
        int head = Grid.IdxX, token = Grid.IdxY, position = cache.FirstPosition + token;
        int last = terms.NumSeen > 0 ? terms.NumSeen - 1 : position;
        int cacheHead = head / (TShape.NumHeads / TShape.NumKeyValueHeads);
        long query = ((long)token * RowStride.Of(TShape.NumHeads * TShape.KeyDim)) + (head * TShape.KeyDim);
        long keys = cache.Keys + ((long)cacheHead * cache.Length * TShape.KeyDim);
        int valueStride = TShape.ValuesAreKeys ? TShape.KeyDim : TShape.ValueDim;
        long values = TShape.ValuesAreKeys ? keys : cache.Values + ((long)cacheHead * cache.Length * valueStride);
        for (int i = Group.IdxX; i < TShape.ValueDim; i += Group.DimX)
        {
            sums[i] = 0;
        }

        float maximum = terms.Sinks.Length > 0 ? terms.Sinks[head] : float.NegativeInfinity, total = terms.Sinks.Length > 0 ? 1 : 0;
        for (int start = FirstSeen<TShape>(position); start <= last; start += BlockLength)
        {
            int count = Math.Min(BlockLength, last + 1 - start);
            for (int i = Group.IdxX; i < count; i += Group.DimX)
            {
                long key = keys + ((long)((start + i) % cache.Length) * TShape.KeyDim);
                scores[i] = TShape.Scale * Dot(queries, query, cache.Memory, key, TShape.KeyDim);
                scores[i] += terms.BiasOf(head, start + i - position);
            }

            Group.Barrier();
            float largest = maximum;
            for (int i = 0; i < count; i++)
            {
                largest = MathF.Max(largest, scores[i]);
            }

            Group.Barrier();
            for (int i = Group.IdxX; i < count; i += Group.DimX)
            {
                scores[i] = MathF.Exp(scores[i] - largest);
            }

            Group.Barrier();
            float kept = MathF.Exp(maximum - largest);
            maximum = largest;
            total *= kept;
            for (int i = 0; i < count; i++)
            {
                total += scores[i];
            }

            for (int element = Group.IdxX; element < TShape.ValueDim; element += Group.DimX)
            {
                float sum = sums[element] * kept;
                for (int i = 0; i < count; i++)
                {
                    sum += scores[i] * cache.Memory[values + ((long)((start + i) % cache.Length) * valueStride) + element];
                }

                sums[element] = sum;
            }

            Group.Barrier();
        }

        long place = ((long)token * RowStride.Of(TShape.NumHeads * TShape.ValueDim)) + (head * TShape.ValueDim);
        for (int i = Group.IdxX; i < TShape.ValueDim; i += Group.DimX)
        {
            output[place + i] = sums[i] / total;
        }
    }

    private static int FirstSeen<TShape>(int position)
        where TShape : struct, IAttentionShape =>
        Math.Max(Math.Max(0, position - (TShape.SlidingWindow - 1)), position / TShape.ChunkSize * TShape.ChunkSize);

    private static float Dot(ArrayView<float> a, long firstA, ArrayView<float> b, long firstB, int length)
    {
        float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        int i = 0;
        for (; i + 3 < length; i += 4)
        {
            sum0 += a[firstA + i] * b[firstB + i];
            sum1 += a[firstA + i + 1] * b[firstB + i + 1];
            sum2 += a[firstA + i + 2] * b[firstB + i + 2];
            sum3 += a[firstA + i + 3] * b[firstB + i + 3];
        }

        for (; i < length; i++)
        {
            sum0 += a[firstA + i] * b[firstB + i];
        }

        return sum0 + sum1 + (sum2 + sum3);
    }
}
