using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Report;

namespace MoeGen.Benchmarks.Attending;

/// <summary>How far the demo model is from itself when its KV cache is held in fewer bytes, by `moegen eval`.</summary>
internal static class KeyValueQuality
{
    /// <summary>Tokens of each text that are foreseen.</summary>
    public const int Tokens = 512;

    public static async Task<MarkdownTable> MeasureAsync(MoegenTool tool, CancellationToken cancellationToken)
    {
        MarkdownTable table = new(
            "KV cache", "bytes of a sequence", "perplexity", "KL mean, nats", "KL p95, nats", "top-1, %", "equal continuations, %");
        foreach (string format in new[] { "f16", "q8" })
        {
            Console.Error.WriteLine($"evaluating a KV cache in {format}");
            JsonObject evaluation = (await tool.RunAsync(
                ["eval", "demo", "--text", .. RepositoryFolders.Texts, "--tokens", $"{Tokens}", "--kv-format", format],
                cancellationToken)).Json;
            if (format == "f16")
            {
                JsonObject inspected = (await tool.RunAsync(["inspect", "demo"], cancellationToken)).Json;
                string perplexity = Number(evaluation["exact"]!["all"]!["perplexity"]!, 4);
                table.Add("F32", Format.Number(inspected["kv_bytes"]!.GetValue<long>()), perplexity, "0", "0", "100", "100");
            }

            JsonNode method = evaluation["methods"]![0]!, all = method["all"]!;
            table.Add(
                format.ToUpperInvariant(), Format.Number(method["kv_bytes"]!.GetValue<long>()), Number(all["perplexity"]!, 4),
                Exponent(all["kl_mean_nats"]!), Exponent(all["kl_p95_nats"]!), Format.Percent(all["top1_agreement"]!.GetValue<double>()),
                Format.Percent(all["continuations_equal_share"]!.GetValue<double>()));
        }

        return table;
    }

    private static string Number(JsonNode value, int decimals) => Format.Number(value.GetValue<double>(), decimals);

    private static string Exponent(JsonNode value) =>
        value.GetValue<double>().ToString("0.0e+0", System.Globalization.CultureInfo.InvariantCulture);
}
