using System.Collections.Generic;
using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>A buffer of float32 rows that a forward pass needs. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="Name">Name of the property.</param>
/// <param name="Width">Elements of a row.</param>
/// <param name="RowsPerToken">Rows for each token: 1, or one for each chosen expert.</param>
/// <param name="Description">What stands in it.</param>
internal sealed record PassBuffer(string Name, int Width, int RowsPerToken, string Description)
{
    private const int BytesPerElement = 4;

    public long BytesPerToken => RowsPerToken * MatrixLayout.PaddedColumns(Width) * BytesPerElement;

    /// <summary>The buffers of a model, in the order in which a layer uses them.</summary>
    public static IEnumerable<PassBuffer> Of(ModelSpec spec)
    {
        AttentionSpec attention = spec.Kinds[0].Attention;
        SparseSpec sparse = spec.Sparse;
        yield return new("Hidden", spec.HiddenSize, 1, "residual stream");
        yield return new("Normed", spec.HiddenSize, 1, "what a norm made of it");
        yield return new("Rotations", attention.HeadDim, 1, "cosines and sines of the position");
        yield return new("Queries", attention.QueryWidth, 1, "all heads");
        yield return new("Keys", attention.KeyValueWidth, 1, "all heads");
        yield return new("Values", attention.KeyValueWidth, 1, "all heads");
        yield return new("Attended", attention.QueryWidth, 1, "what each head has seen");
        yield return new("Gate", sparse.IntermediateSize, sparse.TopK, "gate, then activation, of each chosen expert");
        yield return new("Up", sparse.IntermediateSize, sparse.TopK, "up of each chosen expert");
        yield return new("Down", spec.HiddenSize, sparse.TopK, "output of each chosen expert");
        if (spec.Kinds.Select(kind => kind.FeedForward).OfType<DenseSpec>().FirstOrDefault() is { } dense)
        {
            yield return new("DenseGate", dense.IntermediateSize, 1, "gate, then activation, of a dense layer");
            yield return new("DenseUp", dense.IntermediateSize, 1, "up of a dense layer");
        }
    }

    /// <summary>Bytes of all buffers for each token, with what the library keeps for the routing.</summary>
    public static long TotalBytesPerToken(ModelSpec spec)
    {
        // logits, and four numbers for each choice: id, weight, its token and its place
        long routing = (MatrixLayout.PaddedColumns(spec.Sparse.NumExperts) + (4L * spec.Sparse.TopK)) * BytesPerElement;
        return Of(spec).Sum(buffer => buffer.BytesPerToken) + routing;
    }
}
