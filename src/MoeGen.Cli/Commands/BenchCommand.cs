using System.CommandLine;
using System.Globalization;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen bench MODEL`: how fast a model runs here, medians of several runs after a warm-up.</summary>
internal sealed class BenchCommand
{
    private const int DefaultPromptTokens = 128;
    private const int DefaultTokens = 64;
    private const int DefaultRuns = 5;

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "A Hugging Face folder, or the name of a model; default: the demo model.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _text = new("--text")
    {
        Description = "Text file whose beginning is the prompt; default: random tokens, the same each time.",
        HelpName = "FILE",
    };

    private readonly Option<int?> _promptTokens = RunOptions.Positive(
        "--prompt-tokens", $"Tokens of the prompt; default: {DefaultPromptTokens}.");
    private readonly Option<int?> _tokens = RunOptions.AtLeast("--tokens", $"Tokens to generate; default: {DefaultTokens}.", 2);
    private readonly Option<int?> _runs = RunOptions.Positive("--runs", $"Counted runs; default: {DefaultRuns}.");
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
            bench._model, bench._text, bench._promptTokens, bench._tokens, bench._runs, bench._json,
        };
        bench._runOptions.AddTo(command);
        CommandLine.SetAction(command, bench.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model) ?? ModelFolder.DemoName);
        MoeOptions options = _runOptions.Read(parsed);
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

        int[] prompt = ReadPrompt(model, parsed.GetValue(_text), promptTokens);
        Benchmark benchmark = new(model, prompt, count);
        int runs = parsed.GetValue(_runs) ?? DefaultRuns;
        for (int run = 0; run <= runs; run++)
        {
            // the first run warms up: code is compiled, pages are touched
            benchmark.Run(isWarmUp: run == 0, cancellationToken);
            if (_streams.IsErrorTerminal)
            {
                _streams.Error.Write($"\rrun {run} of {runs}{(run == runs ? "\n" : "")}");
            }
        }

        BenchmarkResult result = benchmark.Result();
        if (parsed.GetValue(_json))
        {
            WriteJson(folder, model, options, prompt.Length, count, runs, result);
        }
        else
        {
            WriteText(folder, model, prompt.Length, count, runs, result);
        }
    }

    private static int[] ReadPrompt(MoeModel model, string? path, int count)
    {
        if (path is null)
        {
            Random random = new(1);
            return [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Info.VocabSize))];
        }

        if (!model.HasTokenizer)
        {
            throw new CliException(
                $"{path}: cannot be read as tokens, because the model's folder has no tokenizer.json; leave --text out for random tokens");
        }

        int[] tokens = model.Tokenizer.Encode(File.ReadAllText(path), addSpecialTokens: true);
        return tokens.Length >= count
            ? tokens[..count]
            : throw new CliException($"{path}: has {tokens.Length} tokens; expected at least {count}, see --prompt-tokens");
    }

    private void WriteJson(
        ModelFolder folder, MoeModel model, MoeOptions options, int promptTokens, int count, int runs, BenchmarkResult result) =>
        Json.WriteObject(_streams, json =>
        {
            json.WriteString("model", folder.Name);
            json.WriteString("format", model.Info.WeightFormat.ToString());
            json.WriteString("offload", RunOptions.Resident);
            if (options.MemoryBudget is { } budget)
            {
                json.WriteNumber("budget_bytes", budget.Bytes);
            }
            else
            {
                json.WriteNull("budget_bytes");
            }

            json.WriteNumber("threads", model.Threads);
            json.WriteNumber("runs", runs);
            json.WriteNumber("prompt_tokens", promptTokens);
            json.WriteNumber("generated_tokens", count);
            json.WriteNumber("ttft_ms", result.TtftMs);
            json.WriteNumber("tpot_ms", result.TpotMs);
            json.WriteNumber("tpot_p95_ms", result.TpotP95Ms);
            json.WriteNumber("tpot_p99_ms", result.TpotP99Ms);
            json.WriteNumber("tokens_per_second", result.TokensPerSecond);
            json.WriteNumber("prefill_tokens_per_second", result.PrefillTokensPerSecond);
            json.WriteNumber("allocated_bytes_per_token", result.AllocatedBytesPerToken);
            json.WriteNumber("expert_hits", result.ExpertUses);
            json.WriteNumber("expert_late_hits", 0);
            json.WriteNumber("expert_misses", 0);
            json.WriteNumber("bytes_read_per_token", 0);
            json.WriteNumber("stall_ms_per_token", 0);
            json.WriteNumber("peak_rss_bytes", ProcessMemory.PeakResidentBytes());
        });

    private void WriteText(ModelFolder folder, MoeModel model, int promptTokens, int count, int runs, BenchmarkResult result)
    {
        string Line(string title, string value) => $"{title,-24}{value}";
        string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
        string[] lines =
        [
            $"{folder.Name}, {model.Info.WeightFormat}, {model.Threads} threads, every expert resident; "
                + $"{promptTokens} prompt tokens, {count} generated, medians of {runs} runs",
            Line("TTFT", $"{F(result.TtftMs, "F2")} ms"),
            Line("prefill", $"{F(result.PrefillTokensPerSecond, "F0")} tokens/s"),
            Line("TPOT p50 / p95 / p99", $"{F(result.TpotMs, "F3")} / {F(result.TpotP95Ms, "F3")} / {F(result.TpotP99Ms, "F3")} ms"),
            Line("decode", $"{F(result.TokensPerSecond, "F1")} tokens/s"),
            Line("allocated per token", $"{F(result.AllocatedBytesPerToken, "F0")} bytes"),
            Line("experts used", $"{result.ExpertUses} (each once per layer and step; all hits)"),
            Line("peak memory", new ByteSize(ProcessMemory.PeakResidentBytes()).ToString()),
        ];
        foreach (string line in lines)
        {
            _streams.WriteLine(line);
        }
    }
}
