using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// A model family as data: what its config.json calls things, what its tensors are called, and the few ways in which it differs.
/// <see cref="ModelSpecReader"/> turns any family's config into the same <see cref="ModelSpec"/>.
/// </summary>
internal sealed class Family
{
    /// <summary>Value of <c>model_type</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>Spellings of the number of routed experts; the first is the usual one.</summary>
    public required string[] NumExpertsKeys { get; init; }

    /// <summary>Key of the expert's intermediate size.</summary>
    public required string ExpertIntermediateSizeKey { get; init; }

    /// <summary>Key of the intermediate size of dense layers; null: the family has none.</summary>
    public string? DenseIntermediateSizeKey { get; init; }

    /// <summary>
    /// Key of the period of sparse layers: layer <c>i</c> is sparse when <c>(i + 1) % step == 0</c>; null: all are sparse.
    /// </summary>
    public string? SparseStepKey { get; init; }

    /// <summary>Key of the list of layers that are dense whatever the period says.</summary>
    public string? DenseLayersKey { get; init; }

    /// <summary>Key that says whether the chosen weights are renormalised; null: they always are.</summary>
    public string? NormalizeTopKKey { get; init; }

    /// <summary>Key that puts biases on the attention's projections; null: never.</summary>
    public string? AttentionBiasKey { get; init; }

    /// <summary>Key that must be true for <c>sliding_window</c> to count; null: it counts whenever it is a number.</summary>
    public string? SlidingWindowSwitchKey { get; init; }

    /// <summary>
    /// Key of the number of first layers that see everything although the window is on; null: the window holds everywhere.
    /// </summary>
    public string? FullAttentionLayersKey { get; init; }

    /// <summary>RMSNorm on each head of q and k.</summary>
    public bool HasHeadNorm { get; init; }

    /// <summary>Base of the rotary frequencies when the config does not say.</summary>
    public required double DefaultRopeTheta { get; init; }

    /// <summary>Epsilon of the norms when the config does not say.</summary>
    public required double DefaultNormEpsilon { get; init; }

    public required TensorNames Tensors { get; init; }

    /// <summary>Keys of the family that do not change inference (training, dropout), beyond <see cref="NeutralKeys.Always"/>.</summary>
    public IReadOnlyCollection<string> NeutralKeys { get; init; } = [];
}
