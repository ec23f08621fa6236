using System.CommandLine;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Generator.Spec;
using MoeGen.Traces;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen trace MODEL -o FILE`: records which experts the tokens of some texts choose, for `moegen simulate`.</summary>
internal sealed class TraceCommand
{
    private const int DefaultSequences = 10;
    private const int DefaultPromptTokens = 128;
    private const int DefaultTokens = 64;

    private readonly Argument<string> _model = new("MODEL") { Description = "A Hugging Face folder, or the name of a model." };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Safetensors file to write.",
        Required = true,
        HelpName = "FILE",
    };

    private readonly Option<string[]> _texts = new("--text")
    {
        Description = "Text files that prompts are cut from, at even distances; default: random tokens, the same each time.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int?> _promptTokens = RunOptions.Positive(
        "--prompt-tokens", $"Tokens of each prompt; default: {DefaultPromptTokens}.");

    private readonly Option<int?> _tokens = RunOptions.AtLeast(
        "--tokens", $"Tokens to decode behind each prompt; default: {DefaultTokens}.", 0);

    private readonly Option<int?> _sequences = RunOptions.Positive("--sequences", $"Prompts; default: {DefaultSequences}.");
    private readonly Option<int?> _chunk = RunOptions.Positive(
        "--chunk", $"Tokens of a prompt that are computed together; default: {MoeOptions.DefaultPrefillChunk}.");

    private readonly Option<float> _temperature = RunOptions.Number(
        "--temperature", "How freely tokens are chosen; 0: always the most probable.", 0,
        value => value >= 0 && float.IsFinite(value), "at least 0");

    private readonly Option<int?> _seed = RunOptions.AtLeast("--seed", "Seed of random prompts and of chosen tokens; default: 1.", 0);
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly RunOptions _runOptions = new();
    private readonly CliStreams _streams;

    private TraceCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        TraceCommand trace = new(streams);
        Command command = new("trace", "Records which experts the tokens of some texts choose.")
        {
            trace._model, trace._output, trace._texts, trace._promptTokens, trace._tokens, trace._sequences, trace._chunk,
            trace._temperature, trace._seed, trace._json,
        };
        trace._runOptions.AddTo(command);
        CommandLine.SetAction(command, trace.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        string output = parsed.GetValue(_output)!;
        OutputFile.Check(output);
        int promptTokens = parsed.GetValue(_promptTokens) ?? DefaultPromptTokens, tokens = parsed.GetValue(_tokens) ?? DefaultTokens;
        int sequences = parsed.GetValue(_sequences) ?? DefaultSequences, seed = parsed.GetValue(_seed) ?? 1;
        MoeOptions options = _runOptions.Read(parsed);
        if (!options.Offloading.IsExact)
        {
            throw new CliException(
                $"--offload {options.Offloading.Name} changes what runs; expected an exact method, because a trace holds what routers choose");
        }

        options = options with { ContextLength = options.ContextLength ?? ContextFor(folder.ReadSpec(_streams), promptTokens, tokens) };
        using MoeModel model = ModelLoader.Load(folder, options, _streams, out _, cancellationToken);
        CheckRoom(model, promptTokens, tokens);

        int[][] prompts = parsed.GetValue(_texts) is { Length: > 0 } texts
            ? PromptCuts.FromTexts(model, texts, sequences, promptTokens)
            : PromptCuts.Random(model.Info.VocabSize, sequences, promptTokens, seed);
        SamplingOptions sampling = new() { Temperature = parsed.GetValue(_temperature), Seed = seed };
        using TraceRecorder recorder = new(output, model.Info);
        using ProgressLine progress = new(_streams, "recording");
        TraceRun run = new(model, recorder, parsed.GetValue(_chunk) ?? MoeOptions.DefaultPrefillChunk, promptTokens);
        using (run)
        {
            for (int sequence = 0; sequence < sequences; sequence++)
            {
                run.Record(prompts[sequence], tokens, sampling, cancellationToken);
                progress.Report(sequence + 1, sequences, $"{sequences} sequences");
            }
        }

        recorder.Commit(cancellationToken);
        Report(folder, output, sequences, recorder.NumTokens, parsed.GetValue(_json));
    }

    private static int ContextFor(ModelSpec spec, int promptTokens, int tokens) =>
        (int)Math.Min(spec.MaxPositions, (long)promptTokens + tokens);

    private static void CheckRoom(MoeModel model, int promptTokens, int tokens)
    {
        // an encoder's input and the decoder's text have a context each
        long needed = model.Info.HasEncoder ? Math.Max(promptTokens, tokens) : (long)promptTokens + tokens;
        if (needed > model.ContextLength)
        {
            throw new CliException(
                $"{promptTokens} prompt tokens and {tokens} decoded ones need {needed} positions; "
                + $"expected at most {model.ContextLength}, the context length");
        }
    }

    private void Report(ModelFolder folder, string output, int sequences, int numTokens, bool isJson)
    {
        long bytes = new FileInfo(output).Length;
        if (isJson)
        {
            Json.WriteObject(_streams, json =>
            {
                json.WriteString("model", folder.Name);
                json.WriteString("output", output);
                json.WriteNumber("sequences", sequences);
                json.WriteNumber("tokens", numTokens);
                json.WriteNumber("bytes", bytes);
            });
        }
        else
        {
            _streams.WriteLine($"{output}: {numTokens} tokens of {sequences} sequences, {new ByteSize(bytes)}");
        }
    }
}
