using System.Text.Json.Nodes;
using MoeGen.Testing;

namespace MoeGen.Generator.Tests.Testing;

/// <summary>Configs of every family with options chosen by a seed: odd sizes, and each variation on and off.</summary>
internal sealed class RandomConfigs
{
    private readonly Random _random;
    private readonly int _numLayers;
    private readonly List<(string Key, JsonNode? Value)> _changes = [];

    private RandomConfigs(int seed)
    {
        _random = new Random(seed);
        _numLayers = Pick(1, 2, 4);
    }

    /// <summary>Every family that a config can be made for.</summary>
    public static string[] Families { get; } =
    [
        "deepseek_v2", "deepseek_v3", "kimi_k2", "glm4_moe", "gpt_oss", "granitemoe", "llama4_text", "mixtral", "olmoe", "phimoe",
        "qwen2_moe", "qwen3_moe", "switch_transformers",
    ];

    public static string Create(string family, int seed)
    {
        RandomConfigs configs = new(seed);
        string start = File.ReadAllText(
            Path.Combine(RepositoryFiles.Cases, (family == "kimi_k2" ? "deepseek_v3" : family) + "-a", "config.json"));
        if (family == "switch_transformers")
        {
            configs.Switch();
            return Configs.With(start, [.. configs._changes]);
        }

        configs.Common();
        configs.Set("model_type", family);
        switch (family)
        {
            case "deepseek_v2":
            case "deepseek_v3":
            case "kimi_k2":
                configs.DeepSeek(family == "deepseek_v2");
                break;
            case "glm4_moe":
                configs.Grouped();
                configs.Groups(configs.Pick(1, 2), 6);
                configs.Set("n_shared_experts", configs.Pick(0, 1, 2));
                configs.Set("first_k_dense_replace", configs.Below(configs._numLayers));
                configs.Set("partial_rotary_factor", configs.Pick(25, 50, 100) / 100.0);
                configs.Set("head_dim", configs.Pick(8, 16, 24));
                configs.Set("use_qk_norm", configs.Flip());
                configs.Set("attention_bias", configs.Flip());
                configs.Set("norm_topk_prob", configs.Flip());
                configs.Set("routed_scaling_factor", configs.Pick(1, 3) / 2.0);
                break;
            case "gpt_oss":
                configs.Grouped();
                configs.Set("num_local_experts", configs.Pick(3, 8));
                configs.Set("experts_per_token", null);
                configs.Set("attention_bias", configs.Flip());
                configs.Set("swiglu_limit", configs.Pick(1, 7) / 2.0);
                configs.Set("sliding_window", configs.Pick(1, 4, 30));
                configs.Set("layer_types", null);
                break;
            case "granitemoe":
                configs.Grouped();
                configs.Set("num_local_experts", configs.Pick(3, 8));
                configs.Set("embedding_multiplier", configs.Pick(1, 12));
                configs.Set("residual_multiplier", configs.Pick(22, 100) / 100.0);
                configs.Set("attention_multiplier", configs.Pick(1, 25) / 100.0);
                configs.Set("logits_scaling", configs.Pick(1, 6));
                configs.Set("attention_bias", configs.Flip());
                break;
            case "llama4_text":
                configs.Llama4();
                break;
            case "mixtral":
                configs.Grouped();
                configs.Set("num_local_experts", configs.Pick(3, 8, 17));
                configs.Set("intermediate_size", configs.Pick(5, 24));
                configs.Set("sliding_window", configs.Flip() ? 5 : null);
                break;
            case "olmoe":
                configs.Grouped();
                configs.Set("num_experts", configs.Pick(3, 8));
                configs.Set("norm_topk_prob", configs.Flip());
                configs.Set("clip_qkv", configs.Flip() ? 0.5 : null);
                configs.Set("attention_bias", configs.Flip());
                break;
            case "phimoe":
                int headDim = configs.Grouped();
                configs.Set("rope_scaling", configs.Flip() ? configs.LongRope(headDim) : configs.Rope(headDim));
                configs.Set("num_experts_per_tok", 2);
                configs.Set("num_local_experts", configs.Pick(2, 8));
                configs.Set("router_jitter_noise", configs.Pick(0, 1, 20) / 100.0);
                configs.Set("attention_bias", configs.Flip());
                configs.Set("lm_head_bias", configs.Flip());
                configs.Set("sliding_window", configs.Flip() ? 6 : null);
                break;
            default:
                configs.Qwen(family == "qwen2_moe");
                break;
        }

        return Configs.With(start, [.. configs._changes]);
    }

    private void Common()
    {
        Set("hidden_size", Pick(8, 40, 66));
        Set("vocab_size", Pick(31, 96));
        Set("num_hidden_layers", _numLayers);
        Set("num_experts_per_tok", Pick(1, 2, 3));
        Set("tie_word_embeddings", Flip());
        Set("rope_theta", Pick(100, 10000));
        Set("bos_token_id", null);
        Set("eos_token_id", null);
        Set("hidden_act", Flip() ? "silu" : null);
    }

    private int Grouped()
    {
        int keyValueHeads = Pick(1, 2, 3), headDim = Pick(6, 16, 36);
        Set("num_attention_heads", keyValueHeads * Pick(1, 2, 4));
        Set("num_key_value_heads", keyValueHeads);
        Set("head_dim", headDim);
        Set("rope_scaling", Rope(headDim));
        return headDim;
    }

    private void DeepSeek(bool isV2)
    {
        int heads = Pick(1, 3, 4);
        Set("num_attention_heads", heads);
        Set("num_key_value_heads", heads);
        Set("q_lora_rank", Flip() ? Pick(5, 24) : null);
        Set("kv_lora_rank", Pick(6, 33));
        Set("qk_nope_head_dim", Pick(3, 12));
        Set("qk_rope_head_dim", Pick(4, 18));
        Set("v_head_dim", Pick(7, 16));
        Set("rope_scaling", Rope(numRotated: 2));
        Groups(Pick(1, 3), 4);
        Set("topk_method", isV2 ? Flip() ? "greedy" : "group_limited_greedy" : "noaux_tc");
        Set("n_shared_experts", Pick(0, 1, 3));
        Set("first_k_dense_replace", Below(_numLayers));
        Set("norm_topk_prob", Flip());
        Set("routed_scaling_factor", Pick(2, 5) / 2.0);
        Set("attention_bias", Flip());
        if (!isV2)
        {
            Set("rope_interleave", Flip());
        }
    }

    private void Groups(int numGroups, int groupSize)
    {
        Set("n_routed_experts", numGroups * groupSize);
        Set("n_group", numGroups);
        Set("topk_group", 1 + Below(numGroups));
        Set("moe_intermediate_size", Pick(5, 24));
    }

    private void Llama4()
    {
        Grouped();
        Set("num_experts_per_tok", Pick(1, 2));
        Set("num_local_experts", Pick(3, 5));
        Set("use_qk_norm", Flip());
        Set("attn_temperature_tuning", Flip());
        Set("attention_chunk_size", Pick(3, 8));
        Set("no_rope_layers", Flip() ? new JsonArray([.. Enumerable.Range(0, _numLayers).Select(_ => JsonValue.Create(Below(2)))]) : null);
        Set("no_rope_layer_interval", 2);
        Set("layer_types", null);
        Set("interleave_moe_layer_step", Pick(1, _numLayers));
        Set("moe_layers", Flip() ? new JsonArray(Below(_numLayers)) : null);
        Set("attention_bias", Flip());
    }

    private void Qwen(bool isQwen2)
    {
        Grouped();
        Set("num_experts", Pick(3, 8, 17));
        Set("moe_intermediate_size", Pick(5, 24));
        Set("intermediate_size", Pick(7, 33));
        Set("norm_topk_prob", Flip());
        Set(isQwen2 ? "qkv_bias" : "attention_bias", Flip());
        Set("mlp_only_layers", _numLayers > 1 && Flip() ? new JsonArray(Below(_numLayers)) : new JsonArray());
        Set("use_sliding_window", Flip());
        Set("sliding_window", 4);
        Set("max_window_layers", Below(_numLayers));
        if (!isQwen2)
        {
            Set("hidden_act", Flip() ? "gelu" : "gelu_pytorch_tanh");
        }
    }

    private void Switch()
    {
        // up to 23 tokens over few experts that take few of them: many are dropped
        int numEncoderLayers = Pick(1, 3, 4), numSparse = Pick(0, 1, _numLayers);
        Set("d_model", Pick(8, 40, 66));
        Set("d_kv", Pick(5, 8, 16));
        Set("d_ff", Pick(7, 24));
        Set("vocab_size", Pick(31, 96));
        Set("num_heads", Pick(1, 3, 4));
        Set("num_layers", numEncoderLayers);
        Set("num_decoder_layers", _numLayers == numEncoderLayers && Flip() ? null : _numLayers);
        Set("num_sparse_encoder_layers", numSparse == 0 || numEncoderLayers == 1 ? numEncoderLayers : Below(2));
        Set("num_sparse_decoder_layers", _numLayers == 1 && numSparse == 0 ? 0 : Math.Max(1, numSparse));
        Set("num_experts", Pick(2, 5));
        Set("expert_capacity", Pick(1, 3, 64));
        Set("router_bias", Flip());
        Set("relative_attention_num_buckets", Pick(4, 7, 32));
        Set("relative_attention_max_distance", Pick(17, 20, 128));
        Set("tie_word_embeddings", Flip());
        string activation = new[] { "relu", "gelu", "gelu_new", "silu" }[Below(4)];
        Set("dense_act_fn", activation);
        Set("feed_forward_proj", Flip() ? activation : null);
        Set("eos_token_id", null);
        Set("decoder_start_token_id", Flip() ? 3 : null);
    }

    private JsonObject? Rope(int numRotated) => _random.Next(5) switch
    {
        0 => null,
        1 => new JsonObject { ["rope_type"] = "linear", ["factor"] = 2.5 },
        2 => new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = 8.0,
            ["low_freq_factor"] = 1.0,
            ["high_freq_factor"] = 4.0,
            ["original_max_position_embeddings"] = 32,
        },
        3 when numRotated > 2 => DynamicRope(),
        _ => new JsonObject
        {
            ["type"] = "yarn",
            ["factor"] = 4.0,
            ["original_max_position_embeddings"] = 16,
            ["truncate"] = Flip(),
            ["mscale"] = 0.7,
            ["mscale_all_dim"] = Flip() ? 1.0 : 0.0,
        },
    };

    // the texts of the tests have 23 tokens
    private JsonObject DynamicRope()
    {
        Set("max_position_embeddings", Pick(16, 64));
        return new JsonObject { ["rope_type"] = "dynamic", ["factor"] = 2.0 };
    }

    private JsonObject LongRope(int headDim)
    {
        Set("max_position_embeddings", 64);
        JsonArray Factors() => new([.. Enumerable.Range(0, headDim / 2).Select(_ => JsonValue.Create(1 + _random.NextDouble()))]);
        return new JsonObject
        {
            ["type"] = "longrope",
            ["short_factor"] = Factors(),
            ["long_factor"] = Factors(),
            ["short_mscale"] = 1.1,
            ["long_mscale"] = 1.3,
            ["original_max_position_embeddings"] = Pick(10, 40),
        };
    }

    private void Set(string key, JsonNode? value) => _changes.Add((key, value));

    private int Pick(params int[] values) => values[_random.Next(values.Length)];

    private int Below(int bound) => _random.Next(bound);

    private bool Flip() => _random.Next(2) == 0;
}
