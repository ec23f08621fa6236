using MoeGen.Benchmarks.Report;

namespace MoeGen.Benchmarks.Attending;

/// <summary>What the KV caches of published models take, as `moegen inspect` says.</summary>
internal static class KeyValueMemory
{
    private static readonly (string Model, string Words)[] s_models =
    [
        ("Qwen3-30B-A3B", "Qwen3-30B-A3B"), ("gpt-oss-20b", "gpt-oss-20b: a window of 128 in every second layer"),
        ("DeepSeek-V2-Lite", "DeepSeek-V2-Lite: latent attention"),
    ];

    public static async Task<MarkdownTable> TableAsync(MoegenTool tool, CancellationToken cancellationToken)
    {
        MarkdownTable table = new("model", "positions", "F32, MiB", "F16, MiB", "Q8, MiB");
        foreach ((string model, string words) in s_models)
        {
            foreach (int context in new[] { 4096, 32768 })
            {
                List<string> cells = [words, Format.Number(context)];
                foreach (string format in new[] { "f32", "f16", "q8" })
                {
                    ToolResult result = await tool.RunAsync(
                        ["inspect", model, "--context", $"{context}", "--kv-format", format], cancellationToken);
                    cells.Add(Format.Mebibytes(result.Json["kv_bytes"]!.GetValue<long>()));
                }

                table.Add([.. cells]);
            }
        }

        return table;
    }
}
