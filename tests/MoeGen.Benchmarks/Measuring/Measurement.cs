using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Results;
using MoeGen.Benchmarks.Setup;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks.Measuring;

/// <summary>Runs `moegen bench` for every configuration that has no result yet.</summary>
internal sealed class Measurement(
    OffloadingSettings settings, MoegenTool tool, WideModel model, MapHistory history, ResultsFile results)
{
    private const int PromptsToWarmUp = 1; // of each bench, not counted

    /// <summary>Measures; what is done is kept when it is cancelled.</summary>
    /// <exception cref="BenchmarkException">Results that are there belong to other conditions, or the tool failed.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        WriteConditions();
        HashSet<Configuration> done = [.. results.Samples.Select(sample => sample.Configuration)];
        Configuration[] all = [.. MeasurementPlan.Configurations(settings.Rounds, settings.BudgetPercents, settings.Methods)];
        Configuration[] left = [.. all.Where(configuration => !done.Contains(configuration))];
        if (left.Length == 0)
        {
            return;
        }

        // compiles the model's code, which must not count as its memory
        await tool.RunAsync(["bench", model.Folder, "--prompt-tokens", "1", "--tokens", "2", "--runs", "1"], cancellationToken);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < left.Length; i++)
        {
            Configuration next = left[i];
            Console.Error.Write(
                $"[{all.Length - left.Length + i + 1}/{all.Length}] round {next.Round + 1}, {next.BudgetPercent} %, {next.Method}: ");
            results.Append(await MeasureAsync(next, cancellationToken));
            TimeSpan remaining = Stopwatch.GetElapsedTime(start) / (i + 1) * (left.Length - i - 1);
            Report(results.Samples[^1], remaining);
        }
    }

    private async Task<JsonObject> MeasureAsync(Configuration configuration, CancellationToken cancellationToken)
    {
        long budget = model.BudgetFor(configuration.BudgetPercent);
        bool hasHistory = configuration.Method == MeasurementPlan.WithHistory;
        List<string> arguments =
        [
            "bench", model.Folder, "--budget", $"{budget}",
            "--offload", hasHistory ? Offloading.FineMoE().Name : configuration.Method,
            "--prompt-tokens", $"{settings.PromptTokens}", "--tokens", $"{settings.Tokens}", "--runs", $"{settings.Runs}",
        ];
        if (hasHistory)
        {
            arguments.AddRange(["--map-store", await history.CopyAsync(cancellationToken)]);
        }

        foreach (string text in MeasurementPlan.TextsOf(settings.Texts, configuration.Round, settings.Runs + PromptsToWarmUp))
        {
            arguments.AddRange(["--text", text]);
        }

        ToolResult result = await tool.RunAsync(arguments, cancellationToken);
        return new JsonObject
        {
            ["kind"] = ResultsFile.BenchKind,
            ["round"] = configuration.Round,
            ["budget_percent"] = configuration.BudgetPercent,
            ["method"] = configuration.Method,
            ["budget_bytes"] = budget,
            ["peak_rss_bytes"] = result.PeakResidentBytes,
            ["seconds"] = Math.Round(result.Time.TotalSeconds, 1),
            ["bench"] = result.Json,
        };
    }

    private void WriteConditions()
    {
        JsonObject conditions = new()
        {
            ["kind"] = ResultsFile.ConditionsKind,
            ["command"] = settings.Command,
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ["machine"] = Machine.Describe(),
            ["model"] = model.Inspection.DeepClone(),
            ["prompt_tokens"] = settings.PromptTokens,
            ["tokens"] = settings.Tokens,
            ["runs"] = settings.Runs,
            ["texts"] = new JsonArray([.. settings.Texts.Select(text => (JsonNode)Path.GetFileName(text))]),
        };
        if (results.Conditions is { } before)
        {
            RefuseOthers(before, ResultsFile.AsRead(conditions.ToJsonString()));
            conditions["direct_read_bytes_per_second"] = before["direct_read_bytes_per_second"]!.DeepClone();
        }
        else
        {
            Console.Error.WriteLine("measuring the disk");
            conditions["direct_read_bytes_per_second"] = Math.Round(DiskBandwidth.Measure(model.ExpertFile));
        }

        results.ReplaceConditions(conditions);
    }

    private void RefuseOthers(JsonObject before, JsonObject now)
    {
        foreach (string key in (string[])["machine", "model", "prompt_tokens", "tokens", "runs", "texts"])
        {
            if (!JsonNode.DeepEquals(before[key], now[key]))
            {
                throw new BenchmarkException(
                    $"{results.Path}: was measured with another {key}, {before[key]?.ToJsonString()}; "
                    + $"expected {now[key]!.ToJsonString()}, or no --continue");
            }
        }
    }

    private static void Report(Sample sample, TimeSpan remaining) => Console.Error.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"TPOT {sample.TpotMs:F1} ms, hits {sample.Uses.HitShare:P0}; {remaining:h\\:mm\\:ss} left"));
}
