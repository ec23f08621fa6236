using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Peers;

/// <summary>MoeGen, every expert in memory: `moegen bench`, one process for each length of prompts.</summary>
/// <param name="Tool">The built tool.</param>
internal sealed record MoegenEngine(MoegenTool Tool) : InferenceEngine(EngineName, "")
{
    public const string EngineName = "MoeGen";

    /// <inheritdoc/>
    public override async Task<JsonObject> MeasureAsync(ModelPair pair, int threads, CancellationToken cancellationToken)
    {
        JsonObject result = [];
        foreach (int length in pair.PromptLengths)
        {
            // the others decode behind no prompt: the shortest one here comes nearest to that
            int decoded = length == pair.PromptLengths[0] ? NumDecoded + 1 : 2;
            JsonObject bench = (await Tool.RunAsync(
                [
                    "bench", pair.Folder, "--threads", $"{threads}", "--prompt-tokens", $"{length}", "--tokens", $"{decoded}",
                    "--context", $"{length + decoded}", "--runs", $"{pair.Repetitions}",
                ],
                cancellationToken)).Json;
            result[PrefillKey(length)] = bench["prefill_tokens_per_second"]!.DeepClone();
            if (length == pair.PromptLengths[0])
            {
                result[DecodeKey] = bench["tokens_per_second"]!.DeepClone();
                foreach (string key in (string[])["format", "weight_bytes_per_step", "allocated_bytes_per_token", "peak_rss_bytes"])
                {
                    result[key] = bench[key]!.DeepClone();
                }
            }
        }

        return result;
    }
}
