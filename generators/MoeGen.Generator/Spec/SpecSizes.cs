using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>Size of some weights: parameters as publications count them, bytes as MoeGen holds them.</summary>
internal readonly record struct WeightSize(long Parameters, long Bytes)
{
    private const int VectorBytesPerElement = 4;

    public static WeightSize Matrix(int rows, int columns, WeightFormat format) =>
        new((long)rows * columns, MatrixLayout.Bytes(rows, columns, format));

    public static WeightSize Vector(int length) => new(length, MatrixLayout.PaddedColumns(length) * VectorBytesPerElement);

    public static WeightSize operator +(WeightSize a, WeightSize b) => new(a.Parameters + b.Parameters, a.Bytes + b.Bytes);

    public static WeightSize operator *(long count, WeightSize size) => new(count * size.Parameters, count * size.Bytes);
}

/// <summary>Parameters and bytes of a model, computed from its spec alone.</summary>
internal sealed class SpecSizes(ModelSpec spec)
{
    private const int KeyValueBytesPerElement = 4;

    public int NumSparseLayers => spec.LayerKinds.Count(kind => spec.Kinds[kind].FeedForward is SparseSpec);

    public long NumExperts => (long)NumSparseLayers * spec.Sparse.NumExperts;

    /// <summary>One routed expert.</summary>
    public WeightSize Expert => FeedForward(spec.Sparse);

    /// <summary>All routed experts of all layers.</summary>
    public WeightSize Experts => NumExperts * Expert;

    /// <summary>Everything but the routed experts.</summary>
    public WeightSize Dense
    {
        get
        {
            WeightSize embedding = WeightSize.Matrix(spec.VocabSize, spec.HiddenSize, spec.WeightFormat);
            WeightSize size = embedding + WeightSize.Vector(spec.HiddenSize);
            if (!spec.TieWordEmbeddings)
            {
                size += embedding;
            }

            return spec.LayerKinds.Aggregate(size, (sum, kind) => sum + LayerOutsideExperts(spec.Kinds[kind]));
        }
    }

    public long TotalParameters => Dense.Parameters + Experts.Parameters;

    /// <summary>Parameters that one token uses: everything but the experts it does not choose.</summary>
    public long ActiveParameters => Dense.Parameters + ((long)NumSparseLayers * spec.Sparse.TopK * Expert.Parameters);

    /// <summary>Bytes of keys and values of one token in all layers, in float32.</summary>
    public long KeyValueBytesPerToken =>
        spec.LayerKinds.Sum(kind => 2L * spec.Kinds[kind].Attention.KeyValueWidth * KeyValueBytesPerElement);

    /// <summary>Attention, norms, router or dense feed-forward part of one layer.</summary>
    public WeightSize LayerOutsideExperts(LayerKindSpec kind)
    {
        AttentionSpec attention = kind.Attention;
        WeightSize size = (2 * WeightSize.Vector(spec.HiddenSize))
            + Matrix(attention.QueryWidth, spec.HiddenSize)
            + (2 * Matrix(attention.KeyValueWidth, spec.HiddenSize))
            + Matrix(spec.HiddenSize, attention.QueryWidth);
        if (attention.HasBias)
        {
            size += WeightSize.Vector(attention.QueryWidth)
                + (2 * WeightSize.Vector(attention.KeyValueWidth))
                + WeightSize.Vector(spec.HiddenSize);
        }

        if (attention.HasHeadNorm)
        {
            size += 2 * WeightSize.Vector(attention.HeadDim);
        }

        return size + (kind.FeedForward is SparseSpec sparse ? Matrix(sparse.NumExperts, spec.HiddenSize) : FeedForward(kind.FeedForward));
    }

    private WeightSize FeedForward(FeedForwardSpec feedForward) =>
        (2 * Matrix(feedForward.IntermediateSize, spec.HiddenSize)) + Matrix(spec.HiddenSize, feedForward.IntermediateSize);

    private WeightSize Matrix(int rows, int columns) => WeightSize.Matrix(rows, columns, spec.WeightFormat);
}
