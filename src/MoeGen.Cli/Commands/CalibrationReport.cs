using System.Globalization;
using System.Text.Json;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Evaluation;
using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Cli.Commands;

/// <summary>What a calibration has found, for people and for scripts.</summary>
internal sealed record CalibrationReport
{
    public required ModelInfo Model { get; init; }

    public required IReadOnlyList<ThresholdTrial> Sweep { get; init; }

    public required ThresholdTrial Found { get; init; }

    public required ThresholdTrial Little { get; init; }

    /// <summary>As many steps run again as in <see cref="Found"/>, by lot.</summary>
    public required ThresholdTrial Random { get; init; }

    /// <summary>Mean of KL(half the experts everywhere || exact), nats.</summary>
    public required double ExactLittleDivergence { get; init; }

    public required MobileCalibration Calibration { get; init; }

    public void WriteText(CliStreams streams, ModelFolder folder, string? output)
    {
        int topK = Model.TopK, little = BigLittle.LittleTopK(topK);
        string name = FallbackRuleNames.Of(Calibration.Rule);
        List<string> lines =
        [
            $"{folder.Name}, {Model.WeightFormat}: {little} of {topK} experts, confidence by {name}, {Calibration.NumTokens} decode steps",
            Row("", "run again", "perplexity", "agreement", $"KL, {topK}", $"KL, {little}"),
            Row($"{topK} experts", "-", F(Calibration.ExactPerplexity, "F3"), F(1, "P2"), F(0, "F5"), F(ExactLittleDivergence, "F5")),
            .. Sweep.Select(trial => Row(F(trial.Options.Threshold, "0.##"), trial)),
            Row($"found: {F(Found.Options.Threshold, "G6")}", Found),
            Row("as many by lot", Random),
            Row($"{little} experts", Little),
        ];
        if (Found.Options.Threshold > 1)
        {
            lines.Add($"Only the exact model is within {F(Calibration.Tolerance, "P1")}: mobile has nothing to gain here.");
        }

        if (output is not null)
        {
            lines.Add($"{output}: written, for --calibration");
        }

        foreach (string line in lines)
        {
            streams.WriteLine(line);
        }
    }

    public void WriteJson(CliStreams streams, ModelFolder folder) =>
        Json.WriteObject(streams, json =>
        {
            json.WriteString("model", folder.Name);
            json.WriteString("fingerprint", Calibration.Fingerprint);
            json.WriteString("rule", FallbackRuleNames.Of(Calibration.Rule));
            json.WriteNumber("tolerance", Calibration.Tolerance);
            json.WriteNumber("tokens", Calibration.NumTokens);
            json.WriteNumber("top_k", Model.TopK);
            json.WriteNumber("little_top_k", BigLittle.LittleTopK(Model.TopK));
            json.WriteNumber("exact_perplexity", Calibration.ExactPerplexity);
            json.WriteNumber("exact_little_kl", ExactLittleDivergence);
            json.WriteNumber("threshold", Calibration.Threshold);
            Write(json, "found", Found);
            Write(json, "random", Random);
            Write(json, "little", Little);
            json.WriteStartArray("sweep");
            foreach (ThresholdTrial trial in Sweep)
            {
                Write(json, null, trial);
            }

            json.WriteEndArray();
        });

    private static void Write(Utf8JsonWriter json, string? key, ThresholdTrial trial)
    {
        if (key is null)
        {
            json.WriteStartObject();
        }
        else
        {
            json.WriteStartObject(key);
        }

        if (Confidence.IsMeasuredBy(trial.Options.Rule))
        {
            json.WriteNumber("threshold", trial.Options.Threshold);
        }

        json.WriteNumber("fallback_share", trial.FallbackShare);
        json.WriteNumber("perplexity", trial.Perplexity);
        json.WriteNumber("agreement", trial.Agreement);
        json.WriteNumber("kl", trial.Divergence);
        json.WriteNumber("little_kl", trial.LittleDivergence);
        json.WriteEndObject();
    }

    private static string Row(string title, ThresholdTrial trial) => Row(
        title, F(trial.FallbackShare, "P1"), F(trial.Perplexity, "F3"), F(trial.Agreement, "P2"), F(trial.Divergence, "F5"),
        F(trial.LittleDivergence, "F5"));

    private static string Row(string title, params string[] cells) => $"{title,-16}{string.Concat(cells.Select(cell => $"{cell,12}"))}";

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
