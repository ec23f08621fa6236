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
    private const int BytesPerNumber = 4;

    /// <summary>Rows meet weights of 4 bits: they are there in 8, too.</summary>
    [LaterMember]
    public bool HasInt8 { get; init; }

    /// <summary>Rows meet weights of 8 bits: they are there in 16, too.</summary>
    [LaterMember]
    public bool HasInt16 { get; init; }

    public long BytesPerToken =>
        RowsPerToken * (RowLayout.RowBytes(Width)
            + (HasInt8 ? RowLayout.QuantizedBytes(Width, 1) : 0) + (HasInt16 ? RowLayout.QuantizedBytes(Width, 2) : 0));

    /// <summary>The buffers of a model, in the order in which a layer uses them.</summary>
    public static IEnumerable<PassBuffer> Of(ModelSpec spec) =>
        OfFloats(spec).Select(buffer => buffer with
        {
            HasInt8 = spec.WeightFormat == WeightFormat.Q4 && buffer.MeetsWeights,
            HasInt16 = spec.WeightFormat == WeightFormat.Q8 ? buffer.MeetsWeights : spec.WeightFormat == WeightFormat.Q4 && buffer.MeetsHead,
        });

    /// <summary>Bytes of all buffers for each token, with what the library keeps for the routing.</summary>
    public static long TotalBytesPerToken(ModelSpec spec)
    {
        // logits, and four numbers for each choice: id, weight, its token and its place
        long routing = RowLayout.RowBytes(spec.Sparse.NumExperts) + (4L * spec.Sparse.TopK * BytesPerNumber);
        return Of(spec).Sum(buffer => buffer.BytesPerToken) + routing;
    }

    // whether a matrix that a format may quantise reads it
    internal bool MeetsWeights { get; private init; }

    // whether the head reads it
    internal bool MeetsHead { get; private init; }

    private static IEnumerable<PassBuffer> OfFloats(ModelSpec spec) =>
    [
        .. OfRope(spec.Rope),
        new("Hidden", spec.HiddenSize, 1, "residual stream"),
        new("Normed", spec.HiddenSize, 1, "what a norm made of it") { MeetsWeights = true, MeetsHead = true },
        .. OfAttention(spec.Attention),
        .. OfExperts(spec.HiddenSize, spec.Sparse),
        .. OfDense(spec.Stacks.Select(stack => stack.Dense).FirstOrDefault(dense => dense is not null)),
    ];

    private static IEnumerable<PassBuffer> OfRope(RopeSpec rope) =>
        rope is NoRopeSpec ? [] : [new("Rotations", rope.Dim, 1, "cosines and sines of the position")];

    private static IEnumerable<PassBuffer> OfAttention(AttentionSpec attention)
    {
        switch (attention)
        {
            case LatentSpec latent:
                if (latent.QueryRank is { } rank)
                {
                    yield return new("QueryLatent", rank, 1, "latent of the queries") { MeetsWeights = true };
                }

                yield return new("Queries", latent.QueryWidth, 1, "all heads");
                yield return new("Latent", latent.KeyDim, 1, "latent of keys and values, and the rotated part of keys");
                yield return new("LatentQueries", latent.NumHeads * latent.KeyDim, 1, "queries of all heads as the latent sees them");
                yield return new("LatentAttended", latent.NumHeads * latent.LatentRank, 1, "what each head has seen of the latent");
                yield return new("Attended", latent.ValueWidth, 1, "the values of that") { MeetsWeights = true };
                break;
            case GroupedQuerySpec grouped:
                yield return new("Queries", grouped.QueryWidth, 1, "all heads");
                yield return new("Keys", grouped.KeyValueWidth, 1, "all heads");
                yield return new("Values", grouped.KeyValueWidth, 1, "all heads");
                yield return new("Attended", grouped.QueryWidth, 1, "what each head has seen") { MeetsWeights = true };
                break;
        }
    }

    private static IEnumerable<PassBuffer> OfExperts(int hiddenSize, SparseSpec sparse)
    {
        bool isUngated = sparse.Activation.IsUngated;
        if (!isUngated)
        {
            yield return new("Gate", sparse.IntermediateSize, sparse.TopK, "gate, then activation, of each chosen expert") { MeetsWeights = true };
        }

        yield return new("Up", sparse.IntermediateSize, sparse.TopK, $"up{(isUngated ? ", then activation," : "")} of each chosen expert")
        {
            MeetsWeights = isUngated,
        };
        yield return new("Down", hiddenSize, sparse.TopK, "output of each chosen expert");
        if (sparse.SharedExpert is { } shared)
        {
            yield return new("SharedGate", shared.IntermediateSize, 1, "gate, then activation, of the shared expert") { MeetsWeights = true };
            yield return new("SharedUp", shared.IntermediateSize, 1, "up of the shared expert");
            if (shared.IsGated)
            {
                yield return new("SharedScore", 1, 1, "how much the shared expert counts");
            }
        }
    }

    private static IEnumerable<PassBuffer> OfDense(DenseSpec? dense)
    {
        if (dense is not null)
        {
            bool isUngated = dense.Activation.IsUngated;
            if (!isUngated)
            {
                yield return new("DenseGate", dense.IntermediateSize, 1, "gate, then activation, of a dense layer") { MeetsWeights = true };
            }

            yield return new("DenseUp", dense.IntermediateSize, 1, $"up{(isUngated ? ", then activation," : "")} of a dense layer")
            {
                MeetsWeights = isUngated,
            };
        }
    }
}
