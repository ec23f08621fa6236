using System.Collections.Generic;

namespace MoeGen.Generator.Spec;

/// <summary>The weights of dense layers, routers, shared and routed experts.</summary>
internal static class FeedForwardWeights
{
    public static IEnumerable<WeightSpec> Of(ModelSpec spec)
    {
        TensorNames names = spec.Tensors;
        int hidden = spec.HiddenSize;
        if (spec.Dense is { } dense)
        {
            MatrixShape up = new("DenseUpShape", $"{Up(dense)} of a dense layer", dense.IntermediateSize, hidden);
            MatrixShape down = new("DenseDownShape", "Down of a dense layer", hidden, dense.IntermediateSize);
            if (!dense.Activation.IsUngated)
            {
                yield return new("DenseGateProj", names.Dense.GateProj, ModelPart.DenseFeedForward, up);
            }

            yield return new("DenseUpProj", names.Dense.UpProj, ModelPart.DenseFeedForward, up);
            yield return new("DenseDownProj", names.Dense.DownProj, ModelPart.DenseFeedForward, down);
        }

        if (spec.SparseLayers.Count == 0)
        {
            yield break;
        }

        SparseSpec sparse = spec.Sparse;
        MatrixShape router = new(WeightSpec.RouterShape, "A score for each expert", sparse.NumExperts, hidden);
        yield return new("Router", names.Router, ModelPart.Router, router);
        if (sparse.Router.HasBias)
        {
            yield return new("RouterBias", TensorNames.BiasOf(names.Router), ModelPart.Router, null, sparse.NumExperts);
        }

        if (sparse.Router.Kind == RouterKind.SigmoidThenTopK)
        {
            yield return new("RouterCorrectionBias", names.RouterCorrectionBias, ModelPart.Router, null, sparse.NumExperts);
        }

        foreach (WeightSpec weight in OfExperts(spec, sparse))
        {
            yield return weight;
        }

        if (sparse.SharedExpert is { } shared)
        {
            MatrixShape up = new("SharedUpShape", "Gate, or up, of the shared expert", shared.IntermediateSize, hidden);
            MatrixShape down = new("SharedDownShape", "Down of the shared expert", hidden, shared.IntermediateSize);
            yield return new("SharedGateProj", names.SharedExpert.GateProj, ModelPart.SharedExpert, up);
            yield return new("SharedUpProj", names.SharedExpert.UpProj, ModelPart.SharedExpert, up);
            yield return new("SharedDownProj", names.SharedExpert.DownProj, ModelPart.SharedExpert, down);
            if (shared.IsGated)
            {
                MatrixShape score = new(WeightSpec.SharedScoreShape, "How much the shared expert counts", 1, hidden);
                yield return new("SharedScore", names.SharedExpertGate, ModelPart.SharedExpert, score);
            }
        }
    }

    // in the order in which an expert's blob holds them
    private static IEnumerable<WeightSpec> OfExperts(ModelSpec spec, SparseSpec sparse)
    {
        FeedForwardNames names = spec.Tensors.Experts;
        int hidden = spec.HiddenSize, intermediate = sparse.IntermediateSize;
        MatrixShape up = new("ExpertUpShape", $"{Up(sparse)} of an expert", intermediate, hidden);
        MatrixShape down = new("ExpertDownShape", "Down of an expert", hidden, intermediate);
        ExpertStacking stacking = spec.Tensors.Stacking;
        StackSpec? gateStack = UpStack(stacking, intermediate, isUp: false), upStack = UpStack(stacking, intermediate, isUp: true);
        StackSpec? downStack = stacking == ExpertStacking.None ? null : new StackSpec(hidden, 0, 1, IsTransposed(stacking));
        if (!sparse.Activation.IsUngated)
        {
            yield return new("ExpertGateProj", names.GateProj, ModelPart.Expert, up, Stack: gateStack);
        }

        yield return new("ExpertUpProj", names.UpProj, ModelPart.Expert, up, Stack: upStack);
        yield return new("ExpertDownProj", names.DownProj, ModelPart.Expert, down, Stack: downStack);
        if (sparse.HasBias)
        {
            yield return Bias("ExpertGateBias", names.GateProj, intermediate, gateStack);
            yield return Bias("ExpertUpBias", names.UpProj, intermediate, upStack);
            yield return Bias("ExpertDownBias", names.DownProj, hidden, downStack);
        }
    }

    private static string Up(FeedForwardSpec part) => part.Activation.IsUngated ? "Up" : "Gate, or up,";

    private static WeightSpec Bias(string name, string weight, int length, StackSpec? stack) =>
        new(name, TensorNames.BiasOf(weight), ModelPart.Expert, null, length, stack is null ? null : stack with { IsTransposed = false });

    private static StackSpec? UpStack(ExpertStacking stacking, int intermediate, bool isUp) => stacking switch
    {
        ExpertStacking.None => null,
        ExpertStacking.Interleaved => new StackSpec(2 * intermediate, isUp ? 1 : 0, 2, IsTransposed: true),
        _ => new StackSpec(2 * intermediate, isUp ? intermediate : 0, 1, IsTransposed(stacking)),
    };

    private static bool IsTransposed(ExpertStacking stacking) => stacking is ExpertStacking.GateBesideUp or ExpertStacking.Interleaved;
}
