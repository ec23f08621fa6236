using System.Text.Json;
using System.Text.Json.Nodes;

namespace MoeGen.Generator.Tests.Testing;

/// <summary>Configs that tests start from, and edits of them.</summary>
internal static class Configs
{
    /// <summary>A small Qwen3-MoE config with every key that published ones have.</summary>
    public const string Qwen3Moe = """
        {
          "architectures": ["Qwen3MoeForCausalLM"],
          "model_type": "qwen3_moe",
          "hidden_size": 32,
          "intermediate_size": 48,
          "num_hidden_layers": 3,
          "num_attention_heads": 4,
          "num_key_value_heads": 2,
          "vocab_size": 96,
          "max_position_embeddings": 64,
          "rms_norm_eps": 1e-06,
          "rope_theta": 1000000.0,
          "hidden_act": "silu",
          "tie_word_embeddings": false,
          "bos_token_id": 1,
          "eos_token_id": 2,
          "num_experts": 16,
          "num_experts_per_tok": 4,
          "moe_intermediate_size": 16,
          "head_dim": 16,
          "norm_topk_prob": true,
          "decoder_sparse_step": 1,
          "mlp_only_layers": [],
          "attention_bias": false,
          "use_sliding_window": false,
          "sliding_window": null,
          "max_window_layers": 3,
          "torch_dtype": "bfloat16"
        }
        """;

    /// <summary>A small Mixtral config with every key that published ones have.</summary>
    public const string Mixtral = """
        {
          "architectures": ["MixtralForCausalLM"],
          "model_type": "mixtral",
          "hidden_size": 32,
          "intermediate_size": 48,
          "num_hidden_layers": 3,
          "num_attention_heads": 4,
          "num_key_value_heads": 2,
          "vocab_size": 96,
          "max_position_embeddings": 64,
          "rms_norm_eps": 1e-05,
          "rope_theta": 1000000.0,
          "hidden_act": "silu",
          "tie_word_embeddings": false,
          "bos_token_id": 1,
          "eos_token_id": 2,
          "num_local_experts": 8,
          "num_experts_per_tok": 2,
          "sliding_window": null,
          "router_jitter_noise": 0.0,
          "torch_dtype": "bfloat16"
        }
        """;

    /// <summary>A small Switch config with every key that published ones have: that of the reference case.</summary>
    public const string Switch = """
        {
          "architectures": ["SwitchTransformersForConditionalGeneration"],
          "model_type": "switch_transformers",
          "vocab_size": 96,
          "d_model": 32,
          "d_kv": 8,
          "d_ff": 40,
          "num_heads": 4,
          "num_layers": 4,
          "num_decoder_layers": 4,
          "num_sparse_encoder_layers": 2,
          "num_sparse_decoder_layers": 2,
          "num_experts": 6,
          "expert_capacity": 64,
          "router_bias": false,
          "router_dtype": "float32",
          "router_ignore_padding_tokens": false,
          "router_jitter_noise": 0.01,
          "relative_attention_num_buckets": 32,
          "relative_attention_max_distance": 128,
          "dropout_rate": 0.1,
          "layer_norm_epsilon": 1e-06,
          "dense_act_fn": "relu",
          "feed_forward_proj": "relu",
          "is_encoder_decoder": true,
          "add_router_probs": false,
          "use_cache": true,
          "pad_token_id": 0,
          "eos_token_id": 1,
          "decoder_start_token_id": 0,
          "tie_word_embeddings": true,
          "torch_dtype": "float32"
        }
        """;

    /// <summary>The config with some keys set; a null node writes JSON's null.</summary>
    public static string With(string config, params (string Key, JsonNode? Value)[] changes)
    {
        JsonObject root = JsonNode.Parse(config)!.AsObject();
        foreach ((string key, JsonNode? value) in changes)
        {
            root[key] = value;
        }

        return Write(root);
    }

    /// <summary>The config without some keys.</summary>
    public static string Without(string config, params string[] keys)
    {
        JsonObject root = JsonNode.Parse(config)!.AsObject();
        foreach (string key in keys)
        {
            root.Remove(key);
        }

        return Write(root);
    }

    // one key per line and LF everywhere, so that lines in expectations hold on every system
    private static string Write(JsonObject root) => root.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" });
}
