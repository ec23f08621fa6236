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
        ["attention_bias"] = [Off],
        ["attention_chunk_size"] = [],
        ["attention_multiplier"] = [],
        ["attention_out_bias"] = [Off],
        ["attn_logit_softcapping"] = [],
        ["attn_temperature_tuning"] = [Off, Zero],
        ["clip_qkv"] = [],
        ["global_attn_every_n_layers"] = [],
        ["kv_lora_rank"] = [],
        ["max_window_layers"] = [Zero],
        ["no_rope_layer_interval"] = [],
        ["no_rope_layers"] = [],
        ["q_lora_rank"] = [],
        ["qk_layernorm"] = [Off],
        ["qk_nope_head_dim"] = [],
        ["qk_norm"] = [Off],
        ["qk_rope_head_dim"] = [],
        ["query_pre_attn_scalar"] = [],
        ["sliding_window"] = [],
        ["sliding_window_pattern"] = [],
        ["use_qk_norm"] = [Off],
        ["use_sliding_window"] = [Off],
        ["v_head_dim"] = [],

        // positions
        ["alibi"] = [Off],
        ["partial_rotary_factor"] = [One],
        ["rope_interleave"] = [Off],
        ["rotary_dim"] = [],
        ["rotary_pct"] = [One],

        // router and experts
        ["decoder_sparse_step"] = [One],
        ["expert_capacity"] = [],
        ["first_k_dense_replace"] = [Zero],
        ["interleave_moe_layer_step"] = [One],
        ["mlp_bias"] = [Off],
        ["mlp_only_layers"] = ["[]"],
        ["moe_intermediate_size"] = [],
        ["moe_layer_freq"] = [One],
        ["moe_layers"] = [],
        ["n_group"] = [One],
        ["n_routed_experts"] = [],
        ["n_shared_experts"] = [Zero],
        ["norm_topk_prob"] = ["true"],
        ["num_shared_experts"] = [Zero],
        ["routed_scaling_factor"] = [One],
        ["router_bias"] = [Off],
        ["scoring_func"] = ["\"softmax\""],
        ["shared_expert_intermediate_size"] = [Zero],
        ["swiglu_limit"] = [],
        ["topk_group"] = [One],
        ["topk_method"] = ["\"greedy\""],

        // multipliers, head, checkpoint
        ["embedding_multiplier"] = [One],
        ["final_logit_softcapping"] = [],
        ["is_encoder_decoder"] = [Off],
        ["lm_head_bias"] = [Off],
        ["logit_scale"] = [One],
        ["logits_scaling"] = [One],
        ["quantization_config"] = [],
        ["residual_multiplier"] = [One],
    };

    /// <summary>The keys.</summary>
    public static IEnumerable<string> All => s_neutralValues.Keys;

    /// <summary>Whether the key changes the maths of some family.</summary>
    public static bool Contains(string key) => s_neutralValues.ContainsKey(key);

    /// <summary>Whether the value leaves the maths as it is for a family that does not read the key. Null always does.</summary>
    public static bool IsNeutral(string key, JsonValue value) => value switch
    {
        JsonNull => true,
        JsonNumber number => s_neutralValues[key].Any(neutral => ConfigNumbers.AreEqual(number.Text, neutral)),
        JsonArray { Items.Count: 0 } => s_neutralValues[key].Contains("[]"),
        _ => s_neutralValues[key].Contains(value.Describe()),
    };

    /// <summary>The accepted values as an error message lists them.</summary>
    public static string DescribeNeutral(string key) => string.Join(" or ", s_neutralValues[key].Append("null").ToArray());
}
