using System.Globalization;
using System.Text.Json;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Planning;

namespace MoeGen.Cli.Commands;

/// <summary>A plan with what it rests on, for people and for scripts.</summary>
internal sealed record PlanReport(ModelFolder Folder, ModelInfo Info, PlanResult Result, SampleTexts Texts, string? Output)
{
    private IReadOnlyList<int> Experts => Result.Plan.ExpertsPerLayer;

    public void WriteJson(CliStreams streams) =>
        Json.WriteObject(streams, json =>
        {
            json.WriteString("model", Folder.Name);
            json.WriteString("format", Info.WeightFormat.ToString());
            json.WriteNumber("budget_bytes", Result.Plan.BudgetBytes);
            json.WriteNumber("update_interval", Result.Plan.UpdateInterval);
            json.WritePropertyName("experts_per_layer");
            Json.WriteIds(json, [.. Experts]);
            json.WriteBoolean("covers_top_k", Result.Space.CoversTopK);
            json.WriteNumber("predicted_bytes", Result.Plan.PredictedBytes!.Value);
            json.WriteNumber("predicted_tpot_ms", Result.Plan.PredictedTpotMs!.Value);
            json.WriteNumber("predicted_agreement", Result.Plan.PredictedAgreement!.Value);
            json.WriteNumber("full_tpot_ms", Result.Profile.FullMs);
            json.WriteNumber("expert_bytes", Result.Profile.Bytes);
            json.WriteNumber("expert_load_ms", Result.Profile.LoadMs);
            json.WriteNumber("expert_compute_ms", Result.Profile.ComputeMs);
            json.WriteString("text", Texts.Source);
            json.WriteNumber("tokens", Texts.Tokens);
            json.WriteNumber("samples", Result.Runs.Count);
            json.WriteNumber("agreement_error", Result.Error.Agreement);
            json.WriteNumber("agreement_error_of_mean", Result.Error.AgreementOfMean);
            json.WriteNumber("score_error", Result.Error.Score);
            json.WriteNumber("score_error_of_mean", Result.Error.ScoreOfMean);
            WriteSweep(json);
            WriteRuns(json);
            WriteRun(json, "measured", Result.Fitted);
            WriteRun(json, "held_out_planned", Result.Planned);
            WriteRun(json, "held_out_even", Result.Even);
            json.WriteString("output", Output);
        });

    public void WriteText(CliStreams streams)
    {
        foreach (string line in Lines())
        {
            streams.WriteLine(line);
        }
    }

    private IEnumerable<string> Lines()
    {
        HeldOutError error = Result.Error;
        yield return $"{Folder.Name}, {Info.WeightFormat}: SwapMoE in {new ByteSize(Result.Plan.BudgetBytes)}; "
            + $"{Result.Runs.Count} runs of {Texts.Tokens} tokens of {Texts.Source}";
        yield return Line("Virtual Experts", $"{string.Join(", ", Experts)} of {Info.NumExperts} in each layer, {Experts.Sum()} in all");
        if (!Result.Space.CoversTopK)
        {
            yield return Line("", $"fewer than the {Info.TopK} experts that a token chooses in each layer: layers may get as few as one");
        }

        yield return Line("update interval", $"{Result.Plan.UpdateInterval} forward passes");
        yield return Line("predicted memory", new ByteSize(Result.Plan.PredictedBytes!.Value).ToString());
        yield return Line(
            "predicted TPOT", $"{F(Result.Plan.PredictedTpotMs!.Value, "F3")} ms; every expert in memory {F(Result.Profile.FullMs, "F3")} ms");
        yield return Line("predicted agreement", $"{P(Result.Plan.PredictedAgreement!.Value)} with the exact model");
        yield return Line("measured", Describe(Result.Fitted));
        yield return Line(
            "quality model",
            $"off by {P(error.Agreement)} of agreement on allocations it has not seen; their mean is off by {P(error.AgreementOfMean)}");
        yield return Line(
            "an expert",
            $"{new ByteSize(Result.Profile.Bytes)}, {F(Result.Profile.LoadMs, "F3")} ms to load, "
            + $"{F(Result.Profile.ComputeMs, "F4")} ms to compute");
        if (Result is { Planned: { } planned, Even: { } even })
        {
            yield return Line("on other text", Describe(planned));
            yield return Line("even allocation", $"{Describe(even)}: {string.Join(", ", even.Sample.Configuration.ExpertsPerLayer)}");
        }

        if (Output is not null)
        {
            yield return Line("written", Output);
        }
    }

    private void WriteSweep(Utf8JsonWriter json)
    {
        json.WriteStartArray("sweep");
        for (int i = 0; i < UpdateSweep.Intervals.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("update_interval", UpdateSweep.Intervals[i]);
            json.WriteNumber("tpot_ms", Result.Sweep.TpotMs[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteRuns(Utf8JsonWriter json)
    {
        json.WriteStartArray("runs");
        foreach (SwapRun run in Result.Runs)
        {
            json.WriteStartObject();
            WriteMembers(json, run);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRun(Utf8JsonWriter json, string name, SwapRun? run)
    {
        if (run is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        WriteMembers(json, run);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, SwapRun run)
    {
        json.WriteNumber("update_interval", run.Sample.Configuration.UpdateInterval);
        json.WritePropertyName("experts_per_layer");
        Json.WriteIds(json, [.. run.Sample.Configuration.ExpertsPerLayer]);
        json.WriteNumber("agreement", run.Sample.Agreement);
        json.WriteNumber("kl", run.Sample.Divergence);
        json.WriteNumber("tpot_ms", run.TpotMs);
        json.WriteNumber("bytes", run.Memory.TotalBytes);
    }

    private static string Describe(SwapRun run) =>
        $"agreement {P(run.Sample.Agreement)}, KL {F(run.Sample.Divergence, "F4")}, TPOT {F(run.TpotMs, "F3")} ms, "
        + $"{new ByteSize(run.Memory.TotalBytes)}";

    private static string Line(string title, string value) => $"{title,-24}{value}";

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string P(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
