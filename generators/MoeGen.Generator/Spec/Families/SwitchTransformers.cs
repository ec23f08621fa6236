using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Switch Transformers. Reference: transformers 4 <c>models/switch_transformers</c> and <c>models/t5</c>. An encoder reads the input, a
/// decoder writes; relative positions, one expert per token, and an expert takes a limited number of tokens of a sequence.
/// </summary>
internal static class SwitchTransformers
{
    private const string EncoderBlock = "encoder.block.{layer}.";
    private const string DecoderBlock = "decoder.block.{layer}.";

    public static Family Family { get; } = new()
    {
        ModelType = "switch_transformers",

        // T5 was trained with 512 positions; being relative, they have no end
        Sizes = new()
        {
            HiddenSize = "d_model",
            NumLayers = "num_decoder_layers",
            MaxPositions = "n_positions",
            DefaultMaxPositions = 512,
            NormEpsilon = "layer_norm_epsilon",
        },
        Attention = new() { HeadsKey = "num_heads", HeadDimKey = "d_kv", IsUnscaled = true, HasRelativeBias = true },
        Experts = new() { CountKeys = ["num_experts"], FixedTopK = 1, IntermediateSizeKey = "d_ff" },
        Router = new() { Kind = RouterKind.SoftmaxThenTopK, BiasKey = "router_bias", CapacityKey = "expert_capacity" },
        Layers = new() { SparseCountKey = "num_sparse_decoder_layers", SparseCountStepKey = "decoder_sparse_step" },
        Rope = null,
        Encoder = new()
        {
            NumLayersKey = "num_layers",
            Layers = new() { SparseCountKey = "num_sparse_encoder_layers", SparseCountStepKey = "encoder_sparse_step" },
            Tensors = Stack(EncoderBlock, "encoder", feedForward: 1),
        },
        DenseIntermediateSizeKey = "d_ff",
        ActivationKeys = ["dense_act_fn", "feed_forward_proj"],
        DefaultActivation = "relu",
        IsUngated = true,
        DefaultNormEpsilon = 1e-6,
        TiesEmbeddings = true,
        ScalesTiedHead = true,
        Tensors = Stack(DecoderBlock, "decoder", feedForward: 2) with
        {
            CrossAttentionNorm = DecoderBlock + "layer.1.layer_norm.weight",
            CrossQProj = DecoderBlock + "layer.1.EncDecAttention.q.weight",
            CrossKProj = DecoderBlock + "layer.1.EncDecAttention.k.weight",
            CrossVProj = DecoderBlock + "layer.1.EncDecAttention.v.weight",
            CrossOProj = DecoderBlock + "layer.1.EncDecAttention.o.weight",
        },
        FixedSettings = new Dictionary<string, string[]>
        {
            ["is_encoder_decoder"] = ["true"],
            ["is_gated_act"] = ["false"],
        },

        // noise on the router's input, in training only; the rest is of training and of what a call returns
        NeutralKeys =
        [
            "router_jitter_noise", "router_type", "add_router_probs", "classifier_dropout", "dropout_rate", "initializer_factor",
            "is_decoder", "add_cross_attention", "output_past",
        ],
    };

    private static TensorNames Stack(string block, string stack, int feedForward)
    {
        string attention = block + "layer.0.SelfAttention.", part = $"{block}layer.{feedForward}.", mlp = part + "mlp.";
        string expert = mlp + "experts.expert_{expert}.";
        return new()
        {
            EmbedTokens = "shared.weight",
            FinalNorm = stack + ".final_layer_norm.weight",
            RelativeBias = stack + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            AttentionNorm = block + "layer.0.layer_norm.weight",
            QProj = attention + "q.weight",
            KProj = attention + "k.weight",
            VProj = attention + "v.weight",
            OProj = attention + "o.weight",
            FeedForwardNorm = part + "layer_norm.weight",
            Dense = FeedForwardNames.Ungated(mlp + "wi.weight", mlp + "wo.weight"),
            Router = mlp + "router.classifier.weight",
            Experts = FeedForwardNames.Ungated(expert + "wi.weight", expert + "wo.weight"),
        };
    }
}
