namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Mixtral. Reference: transformers <c>models/mixtral</c>. Every layer sparse, the chosen weights always renormalised;
/// its checkpoints call gate, up and down w1, w3 and w2.
/// </summary>
internal static class Mixtral
{
    public static Family Family { get; } = new()
    {
        ModelType = "mixtral",
        NumExpertsKeys = ["num_local_experts", "num_experts"],
        ExpertIntermediateSizeKey = "intermediate_size",
        DefaultRopeTheta = 1_000_000,
        DefaultNormEpsilon = 1e-5,
        Tensors = new TensorNames
        {
            Router = "model.layers.{layer}.block_sparse_moe.gate.weight",
            ExpertGateProj = "model.layers.{layer}.block_sparse_moe.experts.{expert}.w1.weight",
            ExpertUpProj = "model.layers.{layer}.block_sparse_moe.experts.{expert}.w3.weight",
            ExpertDownProj = "model.layers.{layer}.block_sparse_moe.experts.{expert}.w2.weight",
        },

        // noise on the router's input, in training only
        NeutralKeys = ["router_jitter_noise"],
    };
}
