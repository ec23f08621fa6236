using System.Text.Json.Nodes;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;

namespace MoeGen.Generator.Tests.Spec.Families;

public class SwitchTransformersTests
{
    [Fact]
    public void EveryKey_IsReadUnderItsOwnName()
    {
        ModelSpec spec = Read(Configs.Switch);
        Assert.Equal((96, 32, 4), (spec.VocabSize, spec.HiddenSize, spec.NumLayers));
        Assert.Equal((1e-6, 512, true), (spec.Norm.Epsilon, spec.MaxPositions, spec.TieWordEmbeddings));
        Assert.Equal(1 / Math.Sqrt(32), spec.Multipliers.Logits);
        GroupedQuerySpec attention = Assert.IsType<GroupedQuerySpec>(spec.Attention);
        Assert.Equal((4, 4, 8, 1.0), (attention.NumHeads, attention.NumKeyValueHeads, attention.HeadDim, attention.Scale));
        Assert.Equal(new RelativeBiasSpec(32, 128), attention.RelativeBias);
        Assert.False(attention.SeesAll);
        Assert.Equal((6, 1, 40), (spec.Sparse.NumExperts, spec.Sparse.TopK, spec.Sparse.IntermediateSize));
        Assert.Equal(new ActivationSpec("ReGlu") { IsUngated = true }, spec.Sparse.Activation);
        Assert.Equal((64, false, false), (spec.Sparse.Router.Capacity, spec.Sparse.Router.Normalize, spec.Sparse.Router.HasBias));
        Assert.Equal([1], spec.EosTokenIds);
    }

    [Fact]
    public void Stacks_HaveLayersAndAttentionOfTheirOwn()
    {
        ModelSpec spec = Read(Configs.Switch);
        ModelSpec[] stacks = [.. spec.Stacks];
        Assert.Equal(["DenseEncoderLayer", "SparseEncoderLayer"], stacks[0].Kinds.Select(kind => kind.Name));
        Assert.Equal(["DenseDecoderLayer", "SparseDecoderLayer"], stacks[1].Kinds.Select(kind => kind.Name));
        Assert.True(stacks[0].Attention.SeesAll);
        Assert.Null(stacks[0].Kinds[0].CrossAttention);
        Assert.Null(stacks[1].Kinds[0].CrossAttention!.RelativeBias);
        Assert.True(stacks[1].Kinds[0].CrossAttention!.SeesAll);
        Assert.Equal([1, 3, 5, 7], spec.AllSparseLayers);
        Assert.Equal(0, spec.Encoder!.DecoderStartTokenId);
    }

    [Fact]
    public void AbsentKeys_HaveTheDefaultsOfTransformers()
    {
        string[] optional =
        [
            "num_decoder_layers", "expert_capacity", "router_bias", "relative_attention_num_buckets", "relative_attention_max_distance",
            "layer_norm_epsilon", "dense_act_fn", "feed_forward_proj", "tie_word_embeddings", "decoder_start_token_id", "pad_token_id",
            "router_dtype", "is_encoder_decoder",
        ];
        Assert.Equal(SpecFingerprint.Of(Read(Configs.Switch)), SpecFingerprint.Of(Read(Configs.Without(Configs.Switch, optional))));
    }

    [Theory]
    [InlineData(4, 2, new[] { 1, 3 })] // step 2
    [InlineData(4, 4, new[] { 0, 1, 2, 3 })] // step 1: every layer
    [InlineData(5, 2, new[] { 1, 3 })] // 5 / 2 = 2
    [InlineData(7, 2, new[] { 1, 4 })] // 7 / 2 = 3
    [InlineData(4, 1, new[] { 1 })] // 4 % 4 = 0 is not 1, so layer 1 alone
    [InlineData(4, 0, new[] { 1 })] // the reference makes the step 4, too
    public void SparseLayers_FollowFromTheirNumber(int numLayers, int count, int[] expected) =>
        Assert.Equal(expected, Read(Switch(("num_decoder_layers", numLayers), ("num_sparse_decoder_layers", count))).SparseLayers);

    [Fact]
    public void Variations_AreRead()
    {
        ModelSpec spec = Read(Switch(
            ("num_layers", 2), ("encoder_sparse_step", 0), ("expert_capacity", 3), ("router_bias", true),
            ("dense_act_fn", "gelu_new"), ("feed_forward_proj", null), ("tie_word_embeddings", false), ("n_positions", 300), ("decoder_sparse_step", 1),
            ("decoder_start_token_id", null), ("pad_token_id", 5)));
        Assert.Equal((3, true), (spec.Sparse.Router.Capacity, spec.Sparse.Router.HasBias));
        Assert.Equal("GELU (tanh)", spec.Sparse.Activation.ProseName);
        Assert.Equal((1.0, 300, 5), (spec.Multipliers.Logits, spec.MaxPositions, spec.Encoder!.DecoderStartTokenId));
        Assert.Equal([2, 3, 4, 5], spec.AllSparseLayers);
        Assert.Null(spec.Stacks.First().Stacks.First().Encoder);
    }

    [Theory]
    [InlineData("d_model", "null", "MOEG0002", "d_model is missing; expected an integer from 1 to 1048576")]
    [InlineData("num_sparse_encoder_layers", "5", "MOEG0005",
        "num_sparse_encoder_layers is 5 but num_layers is 4; expected it between 0 and num_layers")]
    [InlineData("relative_attention_num_buckets", "3", "MOEG0004",
        "relative_attention_num_buckets is 3; expected an integer from 4 to 65536")]
    [InlineData("relative_attention_max_distance", "16", "MOEG0005",
        "relative_attention_max_distance is 16 but relative_attention_num_buckets is 32; expected a distance above half of the buckets")]
    [InlineData("expert_capacity", "0", "MOEG0004", "expert_capacity is 0; expected an integer from 1 to 268435456")]
    [InlineData("is_encoder_decoder", "false", "MOEG0007",
        "is_encoder_decoder is false, which changes the maths of the model in a way that is not supported for switch_transformers; "
        + "expected true or null")]
    [InlineData("router_dtype", "\"bfloat16\"", "MOEG0007",
        "router_dtype is \"bfloat16\", which changes the maths of the model in a way that is not supported for switch_transformers; "
        + "expected \"float32\" or null")]
    [InlineData("router_ignore_padding_tokens", "true", "MOEG0007",
        "router_ignore_padding_tokens is true, which changes the maths of the model in a way that is not supported for "
        + "switch_transformers; expected false or null")]
    [InlineData("dense_act_fn", "\"gated-gelu\"", "MOEG0007",
        "dense_act_fn is \"gated-gelu\", which changes the maths of the model in a way that is not supported for switch_transformers; "
        + "expected \"silu\", \"gelu\", \"gelu_pytorch_tanh\" or \"relu\"")]
    [InlineData("feed_forward_proj", "\"gelu\"", "MOEG0005",
        "feed_forward_proj is \"gelu\" but dense_act_fn is \"relu\"; expected both equal")]
    [InlineData("sliding_window", "4", "MOEG0007",
        "sliding_window is 4, which changes the maths of the model in a way that is not supported for switch_transformers; expected null")]
    public void WrongValues_AreReportedWhereTheyStand(string key, string value, string id, string message)
    {
        string config = Switch((key, JsonNode.Parse(value)));
        SpecDiagnostic diagnostic = Assert.Single(ModelSpecReader.Read(config).Diagnostics);
        Assert.Equal((id, message), (diagnostic.Rule.Id, diagnostic.Message));
        string[] lines = config.Split('\n');
        int line = Array.FindIndex(lines, text => text.TrimStart().StartsWith($"\"{key}\"", StringComparison.Ordinal));
        Assert.Equal((line, lines[line].IndexOf(": ", StringComparison.Ordinal) + 2), (diagnostic.Range.Line, diagnostic.Range.Column));
    }

    [Fact]
    public void NoLayerWithExperts_IsRefused()
    {
        string config = Switch(("encoder_sparse_step", 0), ("decoder_sparse_step", 0));
        Assert.Equal(
            "num_sparse_encoder_layers and num_sparse_decoder_layers leave no layer with experts; expected at least one sparse layer",
            Assert.Single(ModelSpecReader.Read(config).Diagnostics).Message);
    }

    private static string Switch(params (string, JsonNode?)[] changes) => Configs.With(Configs.Switch, changes);

    private static ModelSpec Read(string config)
    {
        SpecResult result = ModelSpecReader.Read(config);
        Assert.Empty(result.Diagnostics);
        return result.Spec!;
    }
}
