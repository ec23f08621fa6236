namespace MoeGen.Kernels;

/// <summary>
/// Relative positions as T5 has them: a learned number for each head and bucket of distances that is added to the scores of attention.
/// Beyond the largest distance everything is one bucket, so a table of the distances up to it serves texts of any length.
/// </summary>
/// <remarks>Immutable; made when a model is loaded. Reference: transformers <c>modeling_t5</c>, T5Attention.</remarks>
public sealed unsafe class RelativeBias
{
    private readonly float[] _table; // [heads, 2 * MaxDistance + 1] by head and key position minus query position; pinned

    private RelativeBias(float[] table, int maxDistance)
    {
        MaxDistance = maxDistance;
        _table = table;
    }

    /// <summary>Distance from which on all are alike.</summary>
    internal int MaxDistance { get; }

    /// <summary>Elements from one head to the next.</summary>
    internal int Stride => (2 * MaxDistance) + 1;

    /// <summary>Lays a table of distances out.</summary>
    /// <typeparam name="TShape">Shape of the weights.</typeparam>
    /// <typeparam name="TFormat">Format of the weights.</typeparam>
    /// <param name="weight">Learned numbers, [buckets, heads].</param>
    /// <param name="maxDistance">Distance from which on all are alike (<c>relative_attention_max_distance</c>).</param>
    /// <param name="isBidirectional">Half of the buckets are for keys behind the query; otherwise no query sees such a key.</param>
    public static RelativeBias Create<TShape, TFormat>(Matrix<TShape, TFormat> weight, int maxDistance, bool isBidirectional)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        new(
            Table(TShape.Rows, TShape.Columns, maxDistance, isBidirectional, (bucket, heads) => weight.CopyRow(bucket, heads)),
            maxDistance);

    /// <summary>The numbers of all distances, [heads, 2 * maxDistance + 1] by head and key position minus query position; pinned.</summary>
    /// <param name="numBuckets">Buckets.</param>
    /// <param name="numHeads">Heads.</param>
    /// <param name="maxDistance">Distance from which on all are alike.</param>
    /// <param name="isBidirectional">Half of the buckets are for keys behind the query.</param>
    /// <param name="copyBucket">Copies the numbers that the heads have for a bucket.</param>
    internal static float[] Table(
        int numBuckets, int numHeads, int maxDistance, bool isBidirectional, Action<int, float[]> copyBucket)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDistance, 1);
        int stride = (2 * maxDistance) + 1;
        float[] table = GC.AllocateArray<float>(numHeads * stride, pinned: true);
        float[] heads = new float[numHeads];
        for (int distance = -maxDistance; distance <= maxDistance; distance++)
        {
            copyBucket(Bucket(distance, numBuckets, maxDistance, isBidirectional), heads);
            for (int head = 0; head < numHeads; head++)
            {
                table[(head * stride) + maxDistance + distance] = heads[head];
            }
        }

        return table;
    }

    /// <summary>The bucket of a distance: small ones have their own, larger ones share them, ever more by the logarithm.</summary>
    /// <param name="distance">Position of the key minus position of the query.</param>
    /// <param name="numBuckets">Buckets, at least 2 for each direction.</param>
    /// <param name="maxDistance">Distance from which on all are alike; more than half of the buckets of a direction.</param>
    /// <param name="isBidirectional">The upper half of the buckets is for keys behind the query.</param>
    /// <remarks>In float32, as the models were trained: near the bounds of a bucket double precision would choose another one.</remarks>
    internal static int Bucket(int distance, int numBuckets, int maxDistance, bool isBidirectional)
    {
        int buckets = isBidirectional ? numBuckets / 2 : numBuckets;
        int first = isBidirectional && distance > 0 ? buckets : 0;
        int magnitude = isBidirectional ? Math.Abs(distance) : Math.Max(0, -distance);
        int numExact = buckets / 2;
        if (magnitude < numExact)
        {
            return first + magnitude;
        }

        float ratio = MathF.Log((float)magnitude / numExact) / (float)Math.Log((double)maxDistance / numExact);
        return first + Math.Min(buckets - 1, numExact + (int)(ratio * (buckets - numExact)));
    }

    /// <summary>A head's number for distance 0; those of keys before the query stand in front of it, those behind it after.</summary>
    internal float* Center(int head) =>
        (float*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_table, (head * Stride) + MaxDistance);
}
