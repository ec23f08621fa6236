using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Attention;

/// <summary>
/// A generated class for the attention of some kinds of layer, and the shape its kernel is compiled for. Immutable, value-equal; adding
/// a member must keep both.
/// </summary>
/// <param name="Name">Class name.</param>
/// <param name="Shape">Name of the generated shape.</param>
/// <param name="Spec">The attention.</param>
internal sealed record AttentionClass(string Name, string Shape, AttentionSpec Spec)
{
    /// <summary>The class that a kind of layer uses.</summary>
    public static AttentionClass Of(ModelSpec spec, LayerKindSpec kind)
    {
        AttentionSpec attention = kind.Attention;
        AttentionSpec[] all = [.. spec.Kinds.Select(other => other.Attention).Distinct()];
        string seen = attention.SlidingWindow is not null ? "Sliding" : attention.ChunkSize is not null ? "Chunked" : "Full";
        bool isViewMixed = all.Select(other => (other.SlidingWindow, other.ChunkSize)).Distinct().Count() > 1;
        bool isRopeMixed = all.Select(other => other.HasRope).Distinct().Count() > 1;
        string prefix = (isViewMixed ? seen : "") + (isRopeMixed && !attention.HasRope ? "Nope" : "");
        string kernel = attention is LatentSpec ? "Latent" : "";
        string name = prefix.Length == 0 ? kernel + "SelfAttention" : prefix + kernel + "Attention";
        return new(spec.Prefix + name, spec.Prefix + prefix + "AttentionShape", attention);
    }

    /// <summary>The class for what an encoder has read.</summary>
    public static AttentionClass OfCross(GroupedQuerySpec cross) => new("CrossAttention", "CrossAttentionShape", cross);

    /// <summary>The classes of a stack, in order of first use.</summary>
    public static IEnumerable<AttentionClass> Of(ModelSpec spec) => spec.Kinds.Select(kind => Of(spec, kind)).Distinct();

    /// <summary>What it does, in words.</summary>
    public string Description
    {
        get
        {
            string seen = Spec switch
            {
                { SlidingWindow: { } window } => $", each token seeing the last {window} positions",
                { ChunkSize: { } chunk } => $", each token seeing its own chunk of {chunk} positions",
                _ => "",
            };
            string positions = Spec.HasRope ? ""
                : Spec is GroupedQuerySpec { RelativeBias: not null } ? ", with relative positions"
                : ", without positions";
            string all = Spec.SeesAll ? ", each token seeing all" : "";
            return Spec switch
            {
                LatentSpec latent =>
                    $"attention of {latent.NumHeads} heads over a latent of {latent.LatentRank} and {latent.RopeDim} rotated elements"
                    + seen,
                GroupedQuerySpec grouped =>
                    $"attention of {grouped.NumHeads} query heads over {grouped.NumKeyValueHeads} key/value heads of {grouped.HeadDim}"
                    + seen + positions + all,
                _ => "",
            };
        }
    }
}
