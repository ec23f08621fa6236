using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Families;

/// <summary>Keys that appear in configs of any family and change nothing about inference.</summary>
internal static class NeutralKeys
{
    public static IReadOnlyCollection<string> Always { get; } = new HashSet<string>
    {
        // where the file comes from
        "_name_or_path", "architectures", "auto_map", "model_name", "tokenizer_class", "transformers_version", "unsloth_fixed",
        "unsloth_version", "_attn_implementation", "attn_implementation", "_attn_implementation_autoset",

        // training
        "attention_dropout", "attention_probs_dropout_prob", "dropout", "embd_pdrop", "hidden_dropout", "hidden_dropout_prob",
        "initializer_range", "resid_pdrop", "router_aux_loss_coef", "router_z_loss_coef", "use_bfloat16",

        // what a call returns and caches
        "chunk_size_feed_forward", "gradient_checkpointing", "output_attentions", "output_hidden_states", "output_router_logits",
        "pretraining_tp", "return_dict", "return_dict_in_generate", "output_scores", "torchscript", "use_cache",

        // heads of other tasks
        "finetuning_task", "id2label", "label2id", "num_labels", "prefix", "problem_type", "task_specific_params",

        // tokens that inference does not look at
        "pad_token_id", "sep_token_id", "decoder_start_token_id",

        // defaults of the generation loop, which generation_config.json took over
        "bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size",
        "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id", "length_penalty", "max_length", "min_length",
        "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "remove_invalid_values", "repetition_penalty",
        "suppress_tokens", "temperature", "tf_legacy_loss", "tie_encoder_decoder", "top_k", "top_p", "typical_p", "use_bfloat16",
    };
}
