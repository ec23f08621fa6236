using System.CommandLine;
using MoeGen.Cli.Evaluation;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen eval MODEL --text FILE`: perplexity on texts, and how far offloading methods are from the exact model.</summary>
internal sealed class EvalCommand
{
    private const int DefaultPromptTokens = 32;
    private const int DefaultTokens = 2048;
    private const int DefaultContinuations = 4;
    private const int DefaultContinuationTokens = 32;

    private readonly Argument<string> _model = new("MODEL") { Description = "A Hugging Face folder, or the name of a model." };

    private readonly Option<string[]> _texts = new("--text")
    {
        Description = "Text files in UTF-8, each a domain of the report.",
        HelpName = "FILE",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int?> _tokens = RunOptions.Positive(
        "--tokens", $"Most tokens of each text that are foreseen; default: {DefaultTokens}.");

    private readonly Option<int?> _promptTokens = RunOptions.Positive(
        "--prompt-tokens",
        $"Tokens that are read before the first one is foreseen, in every window of a long text; default: {DefaultPromptTokens}.");

    private readonly Option<int?> _continuations = RunOptions.AtLeast(
        "--continuations", $"Greedy continuations of each text that are compared; default: {DefaultContinuations}.", 0);

    private readonly Option<int?> _continuationTokens = RunOptions.Positive(
        "--continuation-tokens", $"Tokens of a continuation; default: {DefaultContinuationTokens}.");

    private readonly Option<WeightFormat[]> _formats = new("--format")
    {
        Description = "A format of matrices that is compared with the exact model; may be given several times.",
        HelpName = "FORMAT",
        CustomParser = WeightFormatOption.ParseAll,
    };

    private readonly Option<string?> _html = new("--html")
    {
        Description = "Also writes a page with tables and plots, in one file.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly RunOptions _runOptions = new();
    private readonly CliStreams _streams;

    private EvalCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        EvalCommand eval = new(streams);
        Command command = new("eval", "Measures perplexity on texts, and how far offloading methods are from the exact model.")
        {
            eval._model, eval._texts, eval._tokens, eval._promptTokens, eval._continuations, eval._continuationTokens, eval._formats,
            eval._html, eval._json,
        };
        eval._runOptions.AddTo(command, comparesMethods: true);
        CommandLine.SetAction(command, eval.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        TextFile[] texts = TextFile.ReadAll(parsed.GetValue(_texts)!);
        WeightFormat[] formats = parsed.GetValue(_formats) ?? [];
        if (formats.Length > 0 && folder.IsPacked)
        {
            throw new CliException($"{folder.Path}: is packed in one format; expected a Hugging Face folder for --format");
        }

        string? html = parsed.GetValue(_html);
        if (html is not null)
        {
            OutputFile.Check(html);
        }

        EvaluationSettings settings = new(
            parsed.GetValue(_promptTokens) ?? DefaultPromptTokens, parsed.GetValue(_tokens) ?? DefaultTokens,
            parsed.GetValue(_continuations) ?? DefaultContinuations, parsed.GetValue(_continuationTokens) ?? DefaultContinuationTokens);
        EvaluationRun run = new(folder, texts, settings, _streams, Path.GetTempPath());
        EvaluationReport report = run.Compare(_runOptions.ReadMethods(parsed, formats), cancellationToken);
        if (html is not null)
        {
            string command = "moegen " + string.Join(' ', parsed.Tokens.Select(token => token.Value));
            WholeFile.Write(html, new EvaluationPage(report, command, DateTimeOffset.Now).ToHtml());
        }

        if (parsed.GetValue(_json))
        {
            Json.WriteObject(_streams, report.WriteJson);
        }
        else
        {
            report.WriteText(_streams);
        }
    }
}
