using System.CommandLine;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Evaluation;
using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen calibrate MODEL --text FILE`: finds the threshold of MoBiLE whose quality is nearly that of the exact model.</summary>
internal sealed class CalibrateCommand
{
    private const float DefaultTolerance = 0.02f;
    private const int DefaultTokens = 2000;
    private const int DefaultPromptTokens = 16;

    private static readonly float[] s_sweep = [0.3f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f];

    private readonly Argument<string> _model = new("MODEL") { Description = "A Hugging Face folder, or the name of a model." };

    private readonly Option<string[]> _texts = new("--text")
    {
        Description = "Text files that the model is run on, token by token, as much of each.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
        Required = true,
    };

    private readonly Option<float> _tolerance = RunOptions.Number(
        "--tolerance", "Share of tokens that may differ from the exact model's, and of perplexity that may be added.",
        DefaultTolerance, x => x is > 0 and < 1, "above 0, below 1");

    private readonly Option<string?> _fallback = MobileRunOptions.RuleOption(FallbackRuleNames.Measured);

    private readonly Option<int?> _tokens = RunOptions.AtLeast(
        "--tokens", $"Tokens of all texts together; default: {DefaultTokens}.", 2);

    private readonly Option<int?> _promptTokens = RunOptions.Positive(
        "--prompt-tokens", $"Tokens that are read at once before decoding begins; default: {DefaultPromptTokens}.");

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "File to write what was found to, for --calibration of run and bench.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly RunOptions _runOptions = new();
    private readonly CliStreams _streams;

    private CalibrateCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        CalibrateCommand calibrate = new(streams);
        Command command = new("calibrate", "Finds the threshold of --offload mobile for a model.")
        {
            calibrate._model, calibrate._texts, calibrate._tolerance, calibrate._fallback, calibrate._tokens, calibrate._promptTokens,
            calibrate._output, calibrate._json, calibrate._runOptions.Threads, calibrate._runOptions.Context, calibrate._runOptions.Budget,
        };
        CommandLine.SetAction(command, calibrate.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        string? output = parsed.GetValue(_output);
        if (output is not null)
        {
            OutputFile.Check(output);
        }

        // whichever method keeps experts, the outputs are the same
        BigLittle? selection = null;
        MoeOptions options = new()
        {
            Threads = parsed.GetValue(_runOptions.Threads),
            ContextLength = parsed.GetValue(_runOptions.Context),
            MemoryBudget = parsed.GetValue(_runOptions.Budget),
            Offloading = Offloading.MoBiLE() with
            {
                CreateSelection = setup => selection = BigLittle.Create(setup, new MobileOptions()),
            },
        };
        using MoeModel model = ModelLoader.Load(folder, options, _streams, out _, cancellationToken);
        if (selection is null || model.Info.HasEncoder)
        {
            string fault = model.Info.HasEncoder ? "has an encoder" : "runs one expert per token and layer, which cannot be halved";
            throw new CliException($"{folder.Path}: {fault}; expected a model whose decode steps mobile can run with half the experts");
        }

        int promptTokens = parsed.GetValue(_promptTokens) ?? DefaultPromptTokens;
        string[] paths = parsed.GetValue(_texts)!;
        int[][] texts = CalibrationTexts.Read(model, paths, parsed.GetValue(_tokens) ?? DefaultTokens, promptTokens);
        CalibrationReport report = Search(parsed, model, selection, texts, promptTokens, cancellationToken);
        if (output is not null)
        {
            report.Calibration.Save(output);
        }

        if (parsed.GetValue(_json))
        {
            report.WriteJson(_streams, folder);
        }
        else
        {
            report.WriteText(_streams, folder, output);
        }
    }

    private CalibrationReport Search(
        ParseResult parsed, MoeModel model, BigLittle selection, int[][] texts, int promptTokens, CancellationToken cancellationToken)
    {
        using ProgressLine progress = new(_streams, "calibrating");
        long done = 0, total = 0;
        FallbackRule rule = MobileRunOptions.RuleOf(parsed.GetValue(_fallback));

        // decimal: 0.02 and not the double next to its float
        double tolerance = (double)(decimal)parsed.GetValue(_tolerance);
        using ThresholdSearch search = new(
            model, selection, texts, promptTokens, rule, count => progress.Report(done += count, total, $"at most {total} tokens"));

        // the exact run, the one with half the experts, the sweep, the search, and the random one
        total = search.NumTokens * (long)(2 + s_sweep.Length + ThresholdSearch.MaxTrials + 1);
        _streams.Error.WriteLine($"moegen: calibrating on {search.NumTokens} decode steps, each run at most {total / search.NumTokens} times");
        search.RunReferences(cancellationToken);
        List<ThresholdTrial> trials = [.. s_sweep.Select(threshold => search.Try(threshold, cancellationToken))];
        ThresholdTrial found = search.Find(tolerance, trials, cancellationToken);
        MobileOptions byLot = new() { Rule = FallbackRule.RandomBig, RandomShare = found.FallbackShare };
        return new CalibrationReport
        {
            Model = model.Info,
            Sweep = trials,
            Found = found,
            Little = search.Little,
            Random = search.Try(byLot, cancellationToken),
            ExactLittleDivergence = search.ExactLittleDivergence,
            Calibration = new MobileCalibration
            {
                Fingerprint = model.Info.Fingerprint,
                Rule = rule,
                Threshold = found.Options.Threshold,
                Tolerance = tolerance,
                NumTokens = search.NumTokens,
                FallbackShare = found.FallbackShare,
                Agreement = found.Agreement,
                Perplexity = found.Perplexity,
                ExactPerplexity = search.ExactPerplexity,
            },
        };
    }
}
