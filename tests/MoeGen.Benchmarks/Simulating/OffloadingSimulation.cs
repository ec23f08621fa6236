using System.Globalization;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Results;
using MoeGen.Benchmarks.Setup;
using MoeGen.Simulation;

namespace MoeGen.Benchmarks.Simulating;

/// <summary>Records what the demo model chooses for the texts, and replays it with all methods and the bounds on some machines.</summary>
internal sealed class OffloadingSimulation(OffloadingSettings settings, MoegenTool tool, WorkFolder work, ResultsFile results)
{
    private const string Demo = "demo";
    private const int PromptsPerText = 4;

    // the last is the paper's main test: its machine, and 70 % of the prompts as history (arXiv 2502.05370)
    private static readonly (string Hardware, double TrainShare)[] s_cases =
    [
        ("nvme-cpu", 0), ("rtx3090-pcie4", 0), ("6x-rtx3090-pcie4", 0), ("6x-rtx3090-pcie4", 0.7),
    ];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        string text = work["texts.txt"], trace = work["trace.safetensors"];
        File.Delete(trace);
        File.WriteAllText(text, MixedText.Of([.. settings.Texts.Select(File.ReadAllText)], PromptsPerText));
        Console.Error.WriteLine("recording a trace");
        ToolResult recorded = await tool.RunAsync(
            [
                "trace", Demo, "-o", trace, "--text", text, "--sequences", $"{PromptsPerText * settings.Texts.Count}",
                "--prompt-tokens", $"{settings.PromptTokens}", "--tokens", $"{settings.Tokens}",
            ],
            cancellationToken);

        // where it lay says nothing to readers
        recorded.Json.Remove("output");
        List<JsonObject> records = [Record(ResultsFile.TraceKind, recorded.Json)];
        foreach ((string hardware, double train) in s_cases)
        {
            Console.Error.WriteLine($"simulating {hardware}{(train > 0 ? " with history" : "")}");
            List<string> arguments =
            [
                "simulate", trace, "--expert-bytes", $"{settings.ExpertBytes.Bytes}", "--hardware", hardware,
                "--slots", Slots,
                "--train", train.ToString(CultureInfo.InvariantCulture),
            ];

            // a property of the trace, the same on every machine
            if (records.Count == 1)
            {
                arguments.Add("--consistency");
            }

            JsonObject json = (await tool.RunAsync(arguments, cancellationToken)).Json;
            json.Remove("trace");
            records.Add(Record(ResultsFile.SimulationKind, json));
        }

        records.Add(await SimulateAblationsAsync(trace, cancellationToken));
        results.ReplaceSimulations(records);
    }

    private async Task<JsonObject> SimulateAblationsAsync(string trace, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine("simulating variants of finemoe");
        string policies = string.Join(',', SimulationPolicy.AblationNames.Prepend(Offloading.FineMoE().Name));
        JsonObject json = (await tool.RunAsync(
            [
                "simulate", trace, "--expert-bytes", $"{settings.ExpertBytes.Bytes}", "--offload", policies, "--slots", Slots,
            ],
            cancellationToken)).Json;
        json.Remove("trace");
        return Record(ResultsFile.AblationKind, json);
    }

    private string Slots => string.Join(',', settings.BudgetPercents.Select(percent => $"{percent}%"));

    private static JsonObject Record(string kind, JsonObject json) => new() { ["kind"] = kind, [kind] = json };
}
