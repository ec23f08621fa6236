using System.Collections.Generic;
using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>The kinds of layer of a stack, found while its layers are added in order: layers that are computed alike share one.</summary>
/// <param name="views">What each layer sees.</param>
/// <param name="isSparse">Which layers have experts.</param>
internal sealed class LayerKindList(IReadOnlyList<LayerView> views, IReadOnlyList<bool> isSparse)
{
    private readonly List<LayerKindSpec> _kinds = [];
    private readonly List<int> _layerKinds = [];

    public EquatableArray<LayerKindSpec> Kinds => new(_kinds);

    public EquatableArray<int> LayerKinds => new(_layerKinds);

    /// <summary>Adds all layers.</summary>
    /// <param name="attention">Attention, but for what a layer sees.</param>
    /// <param name="cross">Attention to an encoder's output; null: none.</param>
    /// <param name="sparse">Part of the sparse layers behind the attention.</param>
    /// <param name="dense">The same of dense layers; null: there are none.</param>
    /// <param name="suffix">What the names of the kinds end with.</param>
    public LayerKindList Add(AttentionSpec attention, GroupedQuerySpec? cross, SparseSpec sparse, DenseSpec? dense, string suffix)
    {
        bool isViewMixed = views.Select(view => (view.SlidingWindow, view.ChunkSize)).Distinct().Count() > 1;
        bool isRopeMixed = views.Select(view => view.HasRope).Distinct().Count() > 1;
        for (int layer = 0; layer < views.Count; layer++)
        {
            LayerView view = views[layer];
            string seen = view.SlidingWindow is not null ? "Sliding" : view.ChunkSize is not null ? "Chunked" : "";
            string name =
                (isSparse[layer] ? "Sparse" : "Dense") + (isViewMixed ? seen : "") + (isRopeMixed && !view.HasRope ? "Nope" : "") + suffix;
            FeedForwardSpec feedForward = isSparse[layer] ? sparse : dense!;
            LayerKindSpec kind = new(name, Seeing(attention, view), feedForward) { CrossAttention = cross };
            if (!_kinds.Contains(kind))
            {
                _kinds.Add(kind);
            }

            _layerKinds.Add(_kinds.IndexOf(kind));
        }

        return this;
    }

    /// <summary>The model with these layers.</summary>
    public ModelSpec In(ModelSpec spec) => spec with { Kinds = Kinds, LayerKinds = LayerKinds };

    private static AttentionSpec Seeing(AttentionSpec attention, LayerView view)
    {
        AttentionSpec seeing = attention with
        {
            SlidingWindow = view.SlidingWindow,
            ChunkSize = view.ChunkSize,
            HasRope = view.HasRope,
        };
        if (seeing is not GroupedQuerySpec grouped)
        {
            return seeing;
        }

        // a norm behind the rotation comes with it, a temperature without it
        return view.HasRope
            ? grouped with { Temperature = null }
            : grouped with { Norm = grouped.Norm == QueryKeyNorm.BehindRope ? QueryKeyNorm.None : grouped.Norm };
    }
}
