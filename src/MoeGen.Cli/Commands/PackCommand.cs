using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Experts.Twins;
using MoeGen.Generator.Spec;
using MoeGen.Packs;

namespace MoeGen.Cli.Commands;

/// <summary>
/// `moegen pack MODEL -o DIR`: converts the weights of a model once, so that an expert is one read; `--verify` checks what was written.
/// </summary>
internal sealed class PackCommand
{
    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "A Hugging Face folder, or the name of a model; with --verify, a packed model.",
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "Folder of the packed model; made when it is missing. Where a run was interrupted, it goes on.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _format = new("--format")
    {
        Description = $"How matrices are held: {WeightFormatOption.Names}; default: the smallest that is exact for the checkpoint.",
        HelpName = "FORMAT",
    };

    private readonly Option<string?> _twins = new("--twins")
    {
        Description = $"Also writes a smaller copy of every expert, which --offload hobbit needs; expected {TwinLayout.Format}.",
        HelpName = "FORMAT",
    };

    private readonly Option<bool> _verify = new("--verify") { Description = "Reads a packed model and compares all checksums." };
    private readonly Option<int?> _threads = RunOptions.Positive("--threads", "Threads that convert; default: one per processor.");
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly CliStreams _streams;

    private PackCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        PackCommand pack = new(streams);
        Command command = new("pack", "Converts the weights of a model once, so that an expert is one read.")
        {
            pack._model, pack._output, pack._format, pack._twins, pack._verify, pack._threads, pack._json,
        };
        command.Validators.Add(result =>
        {
            bool isVerified = result.GetValue(pack._verify);
            if (isVerified == result.GetValue(pack._output) is not null)
            {
                result.AddError(isVerified ? "--verify writes nothing; expected no --output." : "Option '--output' is required.");
            }

            if (isVerified && result.GetValue(pack._format) is not null)
            {
                result.AddError("--verify takes the format of the pack; expected no --format.");
            }

            if (isVerified && result.GetValue(pack._twins) is not null)
            {
                result.AddError("--verify takes the twins that the pack has; expected no --twins.");
            }

            if (result.GetValue(pack._twins) is not null && result.GetValue(pack._format) is { } format
                && WeightFormatOption.Of(format)?.IsQuantized() == true)
            {
                result.AddError($"--twins stand in for experts of more bits, and --format is {format}; expected f32, f16 or bf16.");
            }
        });
        pack._format.Validators.Add(result =>
        {
            string? name = result.GetValueOrDefault<string?>();
            if (name is not null && WeightFormatOption.Of(name) is null)
            {
                result.AddError($"--format is {name}; expected one of {WeightFormatOption.Names}.");
            }
        });
        pack._twins.Validators.Add(result =>
        {
            string? name = result.GetValueOrDefault<string?>();
            if (name is not null && !name.Equals(TwinLayout.Format, StringComparison.OrdinalIgnoreCase))
            {
                result.AddError($"--twins is {name}; expected {TwinLayout.Format}.");
            }
        });
        CommandLine.SetAction(command, pack.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        string? output = parsed.GetValue(_output);
        if (output is not null)
        {
            OutputFolder.Check(output, folder, ModelPacker.PartialName);
        }

        bool isVerified = parsed.GetValue(_verify);
        if (isVerified != folder.IsPacked)
        {
            throw new CliException(
                isVerified
                    ? $"{folder.Path}: is not a packed model; expected a folder that `moegen pack` has written"
                    : $"{folder.Path}: is packed already; expected a Hugging Face folder");
        }

        WeightFormat? format = parsed.GetValue(_format) is { } name ? WeightFormatOption.Of(name) : null;
        ModelSpec spec = format is null ? ModelLoader.ReadExactSpec(folder, _streams) : folder.ReadSpec(_streams, format);
        ModelInfo info = SpecInfo.Of(spec, folder.Name);
        long start = Stopwatch.GetTimestamp();
        string? notice = null;
        using (ProgressLine progress = new(_streams, isVerified ? "verifying" : "packing"))
        {
            MoeOptions options = new()
            {
                Threads = parsed.GetValue(_threads),
                Progress = progress,
                Notice = text => notice = text,
            };
            if (output is null)
            {
                PackCheck.Run(folder.Path, info, SpecTensors.Of(spec), options, cancellationToken);
            }
            else
            {
                bool makesTwins = parsed.GetValue(_twins) is not null;
                Pack(new ModelPacker(folder.Path, output, info, SpecTensors.Of(spec), makesTwins), output, options, cancellationToken);
            }
        }

        // behind the progress, so that it has a line of its own
        if (notice is not null)
        {
            _streams.Error.WriteLine("moegen: " + notice);
        }

        Report(output ?? folder.Path, info, isVerified, Stopwatch.GetElapsedTime(start), parsed.GetValue(_json));
    }

    private void Pack(ModelPacker packer, string output, MoeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            packer.Pack(options, cancellationToken);
        }
        catch (OperationCanceledException) when (ModelPacker.IsPartial(output))
        {
            _streams.Error.WriteLine("moegen: interrupted; the same command goes on from here");
            throw;
        }
    }

    private void Report(string path, ModelInfo info, bool isVerified, TimeSpan time, bool asJson)
    {
        long bytes = new FileInfo(Path.Combine(path, PackLayout.FileName)).Length;
        int experts = info.SparseLayers.Count * info.NumExperts;
        string format = info.WeightFormat.ToString().ToLowerInvariant();
        long denseBytes = new FileInfo(Path.Combine(path, PackLayout.DenseFileName)).Length;
        FileInfo twins = new(Path.Combine(path, PackLayout.TwinsFileName));
        if (!asJson)
        {
            _streams.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: {(isVerified ? "verified" : "packed")} {experts} experts of {new ByteSize(info.ExpertBytes)} in {format}, "
                + $"{new ByteSize(bytes)}, {(twins.Exists ? $"their twins {new ByteSize(twins.Length)}, " : "")}"
                + $"all else {new ByteSize(denseBytes)}, {time.TotalSeconds:F1} s"));
            return;
        }

        Json.WriteObject(_streams, json =>
        {
            json.WriteString("path", path);
            json.WriteBoolean("verified", isVerified);
            json.WriteNumber("bytes", bytes);
            json.WriteNumber("dense_bytes", denseBytes);
            json.WriteNumber("twins_bytes", twins.Exists ? twins.Length : 0);
            json.WriteNumber("experts", experts);
            json.WriteNumber("expert_bytes", info.ExpertBytes);
            json.WriteString("format", format);
            json.WriteString("fingerprint", info.Fingerprint);
            json.WriteNumber("seconds", Math.Round(time.TotalSeconds, 3));
        });
    }
}
