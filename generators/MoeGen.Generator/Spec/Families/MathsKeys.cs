using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator.Spec.Families;

/// <summary>
/// Keys of published configs that change the maths of some family, with the values at which they do not. A family that does not read
/// such a key accepts it only at a neutral value; anything else is a build error, never ignored.
/// </summary>
internal static class MathsKeys
{
    private const string Off = "false";
    private const string Zero = "0";
    private const string One = "1";

    private static readonly Dictionary<string, string[]> s_neutralValues = new()
    {
        // attention
        ["add_bias_linear"] = [Off],
        ["add_qkv_bias"] = [Off],
        ["attention_bias"] = [Off],
        ["attention_chunk_size"] = [],
        ["attention_multiplier"] = [],
        ["attention_out_bias"] = [Off],
        ["attention_scale"] = [],
        ["attention_sinks"] = [],
        ["attn_logit_softcapping"] = [],
        ["attn_output_gate"] = [Off],
        ["attn_scale"] = [],
        ["attn_temperature_tuning"] = [Off, Zero],
        ["clip_qkv"] = [],
        ["dual_chunk_attention_config"] = [],
        ["floor_scale"] = [],
        ["full_attention_interval"] = [One],
        ["global_attn_every_n_layers"] = [],
        ["index_head_dim"] = [],
        ["index_n_heads"] = [],
        ["index_topk"] = [],
        ["kv_lora_rank"] = [],
        ["linear_attn_config"] = [],
        ["max_window_layers"] = [Zero],
        ["no_rope_layer_interval"] = [],
        ["no_rope_layers"] = [],
        ["parallel_attn"] = [Off],
        ["q_lora_rank"] = [],
        ["qk_layernorm"] = [Off],
        ["qk_nope_head_dim"] = [],
        ["qk_norm"] = [Off],
        ["qk_rope_head_dim"] = [],
        ["qkv_bias"] = [Off],
        ["query_pre_attn_scalar"] = [],
        ["residual_scale"] = [One],
        ["sliding_window"] = [],
        ["sliding_window_pattern"] = [],
        ["sliding_window_size"] = [],
        ["softmax_scale"] = [],
        ["use_bias"] = [Off],
        ["use_parallel_residual"] = [Off],
        ["use_qk_norm"] = [Off],
        ["use_qkv_bias"] = [Off],
        ["use_sinks"] = [Off],
        ["use_sliding_window"] = [Off],
        ["v_head_dim"] = [],

        // positions
        ["alibi"] = [Off],
        ["partial_rotary_factor"] = [One],
        ["position_embedding_type"] = ["\"rope\"", "\"rotary\""],
        ["rope_interleave"] = [Off],
        ["rope_interleaved"] = [Off],
        ["rope_local_base_freq"] = [],
        ["rope_percent"] = [One],
        ["rotary_dim"] = [],
        ["rotary_pct"] = [One],

        // router and experts
        ["activation_function"] = ["\"silu\""],
        ["decoder_sparse_step"] = [One],
        ["enable_expert_bias"] = [Off],
        ["expert_bias"] = [Off],
        ["expert_capacity"] = [],
        ["first_k_dense_replace"] = [Zero],
        ["hidden_activation"] = ["\"silu\""],
        ["interleave_moe_layer_step"] = [One],
        ["mlp_bias"] = [Off],
        ["mlp_only_layers"] = ["[]"],
        ["moe_intermediate_size"] = [],
        ["moe_layer_freq"] = [One],
        ["moe_layers"] = [],
        ["moe_num_shared_experts"] = [Zero],
        ["moe_router_enable_expert_bias"] = [Off],
        ["moe_router_scale"] = [One],
        ["moe_router_score_function"] = ["\"softmax\""],
        ["moe_router_use_sigmoid"] = [Off],
        ["n_group"] = [One],
        ["n_routed_experts"] = [],
        ["n_shared_experts"] = [Zero],
        ["norm_topk_prob"] = ["true"],
        ["num_selected_experts"] = [],
        ["num_shared_experts"] = [Zero],
        ["routed_scaling_factor"] = [One],
        ["router_bias"] = [Off],
        ["router_dtype"] = ["\"float32\""],
        ["router_ignore_padding_tokens"] = [Off],
        ["router_softcapping"] = [],
        ["scoring_func"] = ["\"softmax\""],
        ["shared_expert_intermediate_size"] = [Zero],
        ["shared_intermediate_size"] = [Zero],
        ["swiglu_alpha"] = [],
        ["swiglu_beta"] = [],
        ["swiglu_limit"] = [],
        ["topk_group"] = [One],
        ["topk_method"] = ["\"greedy\""],
        ["zero_expert_num"] = [Zero],

        // multipliers, head, checkpoint
        ["dim_model_base"] = [],
        ["embedding_multiplier"] = [One],
        ["embedding_scale"] = [One],
        ["final_logit_softcapping"] = [],
        ["is_encoder_decoder"] = [Off],
        ["is_gated_act"] = [],
        ["lm_head_bias"] = [Off],
        ["logit_scale"] = [One],
        ["logits_scaling"] = [One],
        ["quantization_config"] = [],
        ["residual_multiplier"] = [One],
        ["scale_depth"] = [],
        ["scale_emb"] = [One],
        ["scale_embeddings"] = [Off],
    };

    /// <summary>The keys.</summary>
    public static IEnumerable<string> All => s_neutralValues.Keys;

    /// <summary>Whether the key changes the maths of some family.</summary>
    public static bool Contains(string key) => s_neutralValues.ContainsKey(key);

    /// <summary>Whether the value leaves the maths as it is for a family that does not read the key. Null always does.</summary>
    public static bool IsNeutral(Family family, string key, JsonValue value)
    {
        string[] accepted = Accepted(family, key);
        return value switch
        {
            JsonNull => true,
            JsonNumber number => accepted.Any(neutral => ConfigNumbers.AreEqual(number.Text, neutral)),
            JsonArray { Items.Count: 0 } => accepted.Contains("[]"),
            _ => accepted.Contains(value.Describe()),
        };
    }

    /// <summary>The accepted values as an error message lists them.</summary>
    public static string DescribeNeutral(Family family, string key) => string.Join(" or ", Accepted(family, key).Append("null").ToArray());

    private static string[] Accepted(Family family, string key) =>
        family.FixedSettings.TryGetValue(key, out string[]? values) ? values : s_neutralValues[key];
}
