using System.Text.Json.Nodes;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;

namespace MoeGen.Generator.Tests.Spec;

/// <summary>What the keys of a config mean, where several spellings or an absence mean the same.</summary>
public class ModelSpecReaderTests
{
    [Fact]
    public void Qwen3Moe_IsReadAsWritten()
    {
        ModelSpec spec = Read(Configs.Qwen3Moe);
        LayerKindSpec kind = Assert.Single(spec.Kinds);
        Assert.Equal("SparseLayer", kind.Name);
        Assert.Equal(new GroupedQuerySpec(4, 0.25, 2, 16) { Norm = QueryKeyNorm.PerHead }, kind.Attention);
        Assert.Equal(
            new SparseSpec(16, 4, 16, new ActivationSpec("SwiGlu"), new RouterSpec(RouterKind.SoftmaxThenTopK) { Normalize = true }),
            kind.FeedForward);
        Assert.Equal((3, 32, 96, 64), (spec.NumLayers, spec.HiddenSize, spec.VocabSize, spec.MaxPositions));
        Assert.Equal(new NormSpec(IsLayerNorm: false, 1e-6), spec.Norm);
        Assert.Equal(new DefaultRopeSpec(1e6) { Dim = 16 }, spec.Rope);
        Assert.Equal((1, 2), (spec.BosTokenId, Assert.Single(spec.EosTokenIds)));
    }

    [Fact]
    public void Mixtral_DerivesItsHeadDimensionAndAlwaysRenormalises()
    {
        LayerKindSpec kind = Assert.Single(Read(Configs.Mixtral).Kinds);
        Assert.Equal(new GroupedQuerySpec(4, 1 / Math.Sqrt(8), 2, 8), kind.Attention);
        Assert.Equal(
            new SparseSpec(8, 2, 48, new ActivationSpec("SwiGlu"), new RouterSpec(RouterKind.SoftmaxThenTopK) { Normalize = true }),
            kind.FeedForward);
    }

    [Fact]
    public void AbsentKeys_MeanTheDefaultsOfTheReference()
    {
        string[] keys = ["rms_norm_eps", "rope_theta", "norm_topk_prob", "hidden_act", "tie_word_embeddings", "eos_token_id", "torch_dtype"];
        ModelSpec qwen = Read(Configs.Without(Configs.Qwen3Moe, keys)), mixtral = Read(Configs.Without(Configs.Mixtral, keys));
        Assert.Equal((1e-6, 1e4, false), (qwen.Norm.Epsilon, qwen.Rope.Theta, qwen.Sparse.Router.Normalize));
        Assert.Equal((1e-5, 1e6, true), (mixtral.Norm.Epsilon, mixtral.Rope.Theta, mixtral.Sparse.Router.Normalize));
        Assert.Equal(WeightFormat.F32, qwen.WeightFormat);
        Assert.Empty(qwen.EosTokenIds);
        Assert.False(qwen.TieWordEmbeddings);
    }

    [Fact]
    public void NewerSpellings_MeanTheSame()
    {
        string newer = Configs.With(
            Configs.Without(Configs.Qwen3Moe, "torch_dtype", "rope_theta", "num_experts"),
            ("dtype", "bfloat16"),
            ("num_local_experts", 16),
            ("rope_parameters", new JsonObject { ["rope_type"] = "default", ["rope_theta"] = 1e6 }));
        Assert.Equal(Read(Configs.Qwen3Moe), Read(newer));
    }

    [Fact]
    public void WrittenNumbers_MayBeFloats() =>
        Assert.Equal(Read(Configs.Qwen3Moe), Read(Configs.Qwen3Moe.Replace("\"hidden_size\": 32", "\"hidden_size\": 3.2e1")));

    [Fact]
    public void SparseStepAndDenseLayers_MakeTheLayerPlan()
    {
        // layers 1 and 3 by the step, of which 3 is taken out
        ModelSpec spec = Read(
            Configs.With(Configs.Qwen3Moe, ("num_hidden_layers", 5), ("decoder_sparse_step", 2), ("mlp_only_layers", new JsonArray(3))));
        Assert.Equal(["DenseLayer", "SparseLayer", "DenseLayer", "DenseLayer", "DenseLayer"], spec.LayerKinds.Select(kind => spec.Kinds[kind].Name));
    }

    [Fact]
    public void SlidingWindow_OfQwen3HoldsInEveryLayer()
    {
        ModelSpec spec = Read(
            Configs.With(Configs.Qwen3Moe, ("use_sliding_window", true), ("sliding_window", 8), ("max_window_layers", 1)));
        Assert.Equal([8, 8, 8], spec.LayerKinds.Select(kind => spec.Kinds[kind].Attention.SlidingWindow));
    }

    [Fact]
    public void SlidingWindow_OfQwen2HoldsInEverySecondOfTheFirstLayers()
    {
        ModelSpec spec = Read(
            Configs.With(
                Configs.Without(Configs.Qwen3Moe, "attention_bias", "head_dim"),
                ("model_type", "qwen2_moe"), ("shared_expert_intermediate_size", 8), ("num_hidden_layers", 6),
                ("use_sliding_window", true), ("sliding_window", 8), ("max_window_layers", 3)));
        Assert.Equal([8, null, 8, null, null, null], spec.LayerKinds.Select(kind => spec.Kinds[kind].Attention.SlidingWindow));
    }

    [Fact]
    public void SlidingWindow_OfMixtralNeedsNoSwitch()
    {
        ModelSpec spec = Read(Configs.With(Configs.Mixtral, ("sliding_window", 8)));
        Assert.Equal(8, Assert.Single(spec.Kinds).Attention.SlidingWindow);
        Assert.Equal("SparseLayer", spec.Kinds[0].Name);
    }

    [Fact]
    public void LayerTypes_SayWhichLayersSlide()
    {
        ModelSpec spec = Read(Configs.With(
            Configs.Without(Configs.Qwen3Moe, "attention_bias", "head_dim"),
            ("model_type", "qwen2_moe"), ("shared_expert_intermediate_size", 8), ("use_sliding_window", true), ("sliding_window", 8),
            ("layer_types", new JsonArray("sliding_attention", "full_attention", "sliding_attention"))));
        Assert.Equal([8, null, 8], spec.LayerKinds.Select(kind => spec.Kinds[kind].Attention.SlidingWindow));
    }

    [Fact]
    public void LayerTypesThatTheFamilyDoesNotLookAt_MayOnlySayTheSame()
    {
        string config = Configs.With(
            Configs.Qwen3Moe, ("layer_types", new JsonArray("sliding_attention", "full_attention", "full_attention")));
        Assert.Contains(ModelSpecReader.Read(config).Diagnostics, diagnostic => diagnostic.ToString("").Contains("layer_types differs"));
        Read(Configs.With(Configs.Qwen3Moe, ("layer_types", new JsonArray("full_attention", "full_attention", "full_attention"))));
    }

    [Fact]
    public void GptOss_WithoutAKeyAboutItsPositionsHasYarn()
    {
        string config = File.ReadAllText(Path.Combine(MoeGen.Testing.RepositoryFiles.Cases, "gpt_oss-a", "config.json"));
        YarnRopeSpec yarn = Assert.IsType<YarnRopeSpec>(
            Read(Configs.With(Configs.Without(config, "rope_scaling"), ("head_dim", null), ("num_hidden_layers", 4))).Rope);
        Assert.Equal((32, 4096, false, 64), (yarn.Factor, yarn.OriginalMaxPositions, yarn.Truncate, yarn.Dim));
        Assert.IsType<DefaultRopeSpec>(Read(Configs.With(config, ("rope_scaling", null))).Rope);
    }

    [Fact]
    public void DynamicRope_GoesByTheLongestTextOfTheConfig()
    {
        JsonObject scaling = new() { ["rope_type"] = "dynamic", ["factor"] = 2.0, ["original_max_position_embeddings"] = 16 };
        ModelSpec spec = Read(Configs.With(Configs.Qwen3Moe, ("rope_scaling", scaling)));
        Assert.Equal((64, 128), (Assert.IsType<DynamicRopeSpec>(spec.Rope).OriginalMaxPositions, spec.MaxPositions));
    }

    [Fact]
    public void PartialRotaryFactor_MayStandWithTheOtherRopeParameters()
    {
        string config = File.ReadAllText(Path.Combine(MoeGen.Testing.RepositoryFiles.Cases, "glm4_moe-a", "config.json"));
        JsonObject parameters = new() { ["rope_type"] = "default", ["rope_theta"] = 1e4, ["partial_rotary_factor"] = 0.25 };
        Assert.Equal(4, Read(Configs.With(Configs.Without(config, "partial_rotary_factor"), ("rope_parameters", parameters))).Rope.Dim);
    }

    [Fact]
    public void Yarn_HasTheDefaultsOfItsPaper()
    {
        JsonObject scaling = new() { ["rope_type"] = "yarn", ["factor"] = 4.0 };
        YarnRopeSpec yarn = Assert.IsType<YarnRopeSpec>(Read(Configs.With(Configs.Qwen3Moe, ("rope_scaling", scaling))).Rope);
        Assert.Equal((32, 1, 64, true), (yarn.BetaFast, yarn.BetaSlow, yarn.OriginalMaxPositions, yarn.Truncate));
        Assert.Equal((0.1 * Math.Log(4)) + 1, yarn.AttentionFactor, 12);
    }

    [Fact]
    public void Yarn_WithTwoScalesTakesTheirRatio()
    {
        JsonObject scaling = new() { ["type"] = "yarn", ["factor"] = 40.0, ["mscale"] = 1.0, ["mscale_all_dim"] = 1.0 };
        Assert.Equal(1, Assert.IsType<YarnRopeSpec>(Read(Configs.With(Configs.Qwen3Moe, ("rope_scaling", scaling))).Rope).AttentionFactor);
    }

    [Fact]
    public void EosTokens_MayBeSeveral() =>
        Assert.Equal([2, 5], Read(Configs.With(Configs.Qwen3Moe, ("eos_token_id", new JsonArray(2, 5)))).EosTokenIds);

    [Fact]
    public void AskedFormat_GoesBeforeTheConfig() =>
        Assert.Equal(WeightFormat.F16, ModelSpecReader.Read(Configs.Qwen3Moe, WeightFormat.F16).Spec!.WeightFormat);

    [Fact]
    public void MutatedConfigs_AreReadOrRefusedButNeverCrash()
    {
        Random random = new(11);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            char[] text = Configs.Qwen3Moe.ToCharArray();
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                text[random.Next(text.Length)] = "{}[]\",:0123456789-e.nulltrue\u0000é"[random.Next(30)];
            }

            SpecResult result = ModelSpecReader.Read(new string(random.Next(5) == 0 ? text[..random.Next(text.Length)] : text));
            refused += result.Spec is null ? 1 : 0;
            Assert.Equal(result.Spec is null, result.Diagnostics.Any(diagnostic => diagnostic.Rule.IsError));
            Assert.All(result.Diagnostics, diagnostic => Assert.DoesNotContain('\n', diagnostic.ToString("config.json")));
        }

        Assert.InRange(refused, 1500, 3000);
    }

    private static ModelSpec Read(string config)
    {
        SpecResult result = ModelSpecReader.Read(config);
        Assert.Empty(result.Diagnostics);
        return result.Spec!;
    }
}
