using System.CommandLine;
using System.Diagnostics;
using MoeGen.Cli.Models;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen bench MODEL`: how fast a model runs here, medians of several runs after a warm-up.</summary>
internal sealed class BenchCommand
{
    private const int DefaultPromptTokens = 128;
    private const int DefaultTokens = 64;
    private const int DefaultRuns = 5;

    // small models are through with a run before the code that it has needed most is compiled again, at its best
    private static readonly TimeSpan s_leastWarmUp = TimeSpan.FromSeconds(1);

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "A Hugging Face folder, or the name of a model; default: the demo model.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string[]> _text = new("--text")
    {
        Description = "Text file whose parts are the prompts, several in turn; default: random tokens, the same for every bench.",
        HelpName = "FILE",
    };

    private readonly Option<int?> _promptTokens = RunOptions.Positive(
        "--prompt-tokens", $"Tokens of the prompt; default: {DefaultPromptTokens}.");
    private readonly Option<int?> _tokens = RunOptions.AtLeast("--tokens", $"Tokens to generate; default: {DefaultTokens}.", 2);
    private readonly Option<int?> _runs = RunOptions.Positive("--runs", $"Counted runs; default: {DefaultRuns}.");
    private readonly Option<int?> _sequences = RunOptions.Positive(
        "--sequences", "Texts that are written together, each from a prompt of its own; default: 1.");
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly RunOptions _runOptions = new();
    private readonly CliStreams _streams;

    private BenchCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        BenchCommand bench = new(streams);
        Command command = new("bench", "Measures how fast a model runs.")
        {
            bench._model, bench._text, bench._promptTokens, bench._tokens, bench._runs, bench._sequences, bench._json,
        };
        bench._runOptions.AddTo(command);
        CommandLine.SetAction(command, bench.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model) ?? ModelFolder.DemoName);
        int sequences = parsed.GetValue(_sequences) ?? 1;
        MoeOptions chosen = _runOptions.Read(parsed);
        chosen = chosen with { MaxBatch = Math.Max(chosen.MaxBatch, sequences) };
        MoeOptions options = AutoMethod.Resolve(folder, chosen, _runOptions.ReadAuto(parsed), _streams, cancellationToken);
        using MoeModel model = ModelLoader.Load(folder, options, _streams, out _, cancellationToken);
        int count = parsed.GetValue(_tokens) ?? DefaultTokens;

        // an encoder's input and the decoder's text have a context each
        int room = model.Info.HasEncoder ? model.ContextLength : model.ContextLength - count;
        int promptTokens = parsed.GetValue(_promptTokens) ?? Math.Min(DefaultPromptTokens, Math.Max(1, room));
        if (model.Info.HasEncoder && Math.Max(promptTokens, count) > model.ContextLength)
        {
            throw new CliException(
                $"{promptTokens} prompt tokens and {count} generated ones; "
                + $"expected at most {model.ContextLength} of each, the context length");
        }

        if (promptTokens > room)
        {
            throw new CliException(
                $"{promptTokens} prompt tokens and {count} generated ones make {promptTokens + (long)count}; "
                + $"expected at most {model.ContextLength}, the context length");
        }

        Benchmark benchmark = new(model, ReadPrompts(model, parsed.GetValue(_text) ?? [], promptTokens), count, sequences);
        int runs = parsed.GetValue(_runs) ?? DefaultRuns;
        WarmUp(benchmark, cancellationToken);
        for (int run = 1; run <= runs; run++)
        {
            benchmark.Run(run, isWarmUp: false, cancellationToken);
            if (_streams.IsErrorTerminal)
            {
                _streams.Error.Write($"\rrun {run} of {runs}{(run == runs ? "\n" : "")}");
            }
        }

        BenchmarkResult result = benchmark.Result();
        BenchReport report = new(folder, model, options, promptTokens, count, sequences, runs, result);
        if (parsed.GetValue(_json))
        {
            report.WriteJson(_streams);
        }
        else
        {
            report.WriteText(_streams);
        }
    }

    // code is compiled, pages are touched, the expert cache fills
    private void WarmUp(Benchmark benchmark, CancellationToken cancellationToken)
    {
        if (_streams.IsErrorTerminal)
        {
            _streams.Error.Write("warming up");
        }

        long start = Stopwatch.GetTimestamp();
        do
        {
            benchmark.Run(0, isWarmUp: true, cancellationToken);
        }
        while (Stopwatch.GetElapsedTime(start) < s_leastWarmUp);
    }

    // every run has a prompt of its own: one that comes again would find its experts where it has left them
    private static Func<int, int[]> ReadPrompts(MoeModel model, string[] paths, int count)
    {
        if (paths.Length == 0)
        {
            return run =>
            {
                Random random = new(run);
                return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Info.VocabSize))];
            };
        }

        int[][] texts = [.. paths.Select(path => ReadText(model, path, count))];
        return run =>
        {
            int[] text = texts[run % texts.Length];
            int start = run / texts.Length % (text.Length / count) * count;
            return text[start..(start + count)];
        };
    }

    private static int[] ReadText(MoeModel model, string path, int count)
    {
        if (!model.HasTokenizer)
        {
            throw new CliException(
                $"{path}: cannot be read as tokens, because the model's folder has no tokenizer.json; leave --text out for random tokens");
        }

        int[] tokens = model.Tokenizer.Encode(File.ReadAllText(path), addSpecialTokens: true);
        return tokens.Length >= count
            ? tokens
            : throw new CliException($"{path}: has {tokens.Length} tokens; expected at least {count}, see --prompt-tokens");
    }
}
