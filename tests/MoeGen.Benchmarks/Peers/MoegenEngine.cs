using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Peers;

/// <summary>MoeGen, every expert in memory: `moegen bench`, a process for decoding and one for each length of prompts.</summary>
/// <param name="Tool">The built tool.</param>
internal sealed record MoegenEngine(MoegenTool Tool) : InferenceEngine(EngineName, "")
{
    public const string EngineName = "MoeGen";

    /// <inheritdoc/>
    public override async Task<JsonObject> MeasureAsync(ModelPair pair, int threads, CancellationToken cancellationToken)
    {
        // the others decode behind no prompt; one token comes as near to that as can be
        JsonObject decoding = await BenchAsync(pair, threads, promptTokens: 1, NumDecoded + 1, cancellationToken);
        JsonObject result = new() { [DecodeKey] = decoding["tokens_per_second"]!.DeepClone() };
        foreach (string key in (string[])["format", "weight_bytes_per_step", "allocated_bytes_per_token", "peak_rss_bytes"])
        {
            result[key] = decoding[key]!.DeepClone();
        }

        foreach (int length in pair.PromptLengths)
        {
            JsonObject prompt = await BenchAsync(pair, threads, length, tokens: 2, cancellationToken);
            result[PrefillKey(length)] = prompt["prefill_tokens_per_second"]!.DeepClone();
        }

        return result;
    }

    private async Task<JsonObject> BenchAsync(
        ModelPair pair, int threads, int promptTokens, int tokens, CancellationToken cancellationToken) =>
        (await Tool.RunAsync(
            [
                "bench", pair.Folder, "--threads", $"{threads}", "--prompt-tokens", $"{promptTokens}", "--tokens", $"{tokens}",
                "--context", $"{promptTokens + tokens}", "--runs", $"{pair.Repetitions}",
            ],
            cancellationToken)).Json;
}
