using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MoeGen.Cli.Inflation;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Commands;

/// <summary>
/// `moegen inflate MODEL -o DIR --expert-bytes N`: the same function with larger experts, to measure offloading at sizes of which no trained
/// model is at hand.
/// </summary>
internal sealed class InflateCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A Hugging Face folder, or the name of a model." };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Folder of the wider model; made when it is missing.",
        Required = true,
        HelpName = "DIR",
    };

    private readonly Option<ByteSize?> _expertBytes = RunOptions.Size(
        "--expert-bytes", "Bytes of an expert, e.g. 36MB; the nearest size that the layout allows is taken.", "36MB, 9MiB");

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly CliStreams _streams;

    private InflateCommand(CliStreams streams)
    {
        _streams = streams;
        _expertBytes.Required = true;
    }

    public static Command Create(CliStreams streams)
    {
        InflateCommand inflate = new(streams);
        Command command = new("inflate", "Widens the experts of a model without changing what it computes.")
        {
            inflate._model, inflate._output, inflate._expertBytes, inflate._json,
        };
        CommandLine.SetAction(command, inflate.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        string output = parsed.GetValue(_output)!;
        OutputFolder.Check(output, folder, ModelInflater.PartialName);
        if (folder.IsPacked)
        {
            throw new CliException($"{folder.Path}: is packed; expected a Hugging Face folder, which can be packed when it is wider");
        }

        ModelSpec spec = ModelLoader.ReadExactSpec(folder, _streams);
        InflationPlan plan = InflationPlan.Create(folder, spec, parsed.GetValue(_expertBytes)!.Value.Bytes);
        long start = Stopwatch.GetTimestamp();
        using (ProgressLine progress = new(_streams, "inflating"))
        {
            ModelInflater.Write(
                folder, SpecInfo.Of(spec, folder.Name), SpecTensors.Of(spec), plan, output, progress, cancellationToken);
        }

        Report(output, SpecInfo.Of(plan.After, folder.Name), plan.After.Sparse.IntermediateSize, start, parsed);
    }

    private void Report(string path, ModelInfo info, int width, long start, ParseResult parsed)
    {
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long bytes = new FileInfo(Path.Combine(path, ModelInflater.WeightsName)).Length;
        int experts = info.SparseLayers.Count * info.NumExperts;
        string format = info.WeightFormat.ToString().ToLowerInvariant();
        if (!parsed.GetValue(_json))
        {
            _streams.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: {experts} experts of {info.ExpertBytes} bytes in {format} ({parsed.GetValue(_expertBytes)!.Value.Bytes} were asked for), "
                + $"intermediate size {width}, {new ByteSize(bytes)}, {seconds:F1} s"));
            return;
        }

        Json.WriteObject(_streams, json =>
        {
            json.WriteString("path", path);
            json.WriteNumber("bytes", bytes);
            json.WriteNumber("experts", experts);
            json.WriteNumber("expert_bytes", info.ExpertBytes);
            json.WriteNumber("intermediate_size", width);
            json.WriteString("format", format);
            json.WriteString("fingerprint", info.Fingerprint);
            json.WriteNumber("seconds", Math.Round(seconds, 3));
        });
    }
}
