using System.CommandLine;
using System.Globalization;
using System.Text;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Experts;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen run [MODEL] "prompt"`: generates text.</summary>
internal sealed class RunCommand
{
    private const int DefaultMaxTokens = 128;

    private static readonly SamplingOptions s_defaults = new();

    private readonly Argument<string[]> _arguments = new("[MODEL] PROMPT")
    {
        Description = "The prompt; before it a Hugging Face folder or the name of a model. Without MODEL the demo model writes.",
        Arity = new ArgumentArity(1, 2),
    };

    private readonly Option<int?> _maxTokens = RunOptions.AtLeast(
        "--max-tokens", $"Most tokens to generate; default: {DefaultMaxTokens}.", 0);

    private readonly Option<float> _temperature = RunOptions.Number(
        "--temperature", "Divides the logits; 0: always the most probable token.",
        s_defaults.Temperature, x => x >= 0 && float.IsFinite(x), "0 or above");

    private readonly Option<int?> _topK = RunOptions.AtLeast(
        "--top-k", $"Keeps so many most probable tokens, 0: all; default: {s_defaults.TopK}.", 0);

    private readonly Option<float> _topP = RunOptions.Number(
        "--top-p", "Keeps the most probable tokens up to this sum of probabilities.",
        s_defaults.TopP, x => x is > 0 and <= 1, "above 0, up to 1");

    private readonly Option<float> _minP = RunOptions.Number(
        "--min-p", "Keeps tokens at least this share as probable as the best.", s_defaults.MinP, x => x is >= 0 and <= 1, "0 to 1");

    private readonly Option<float> _repetitionPenalty = RunOptions.Number(
        "--repetition-penalty", "Makes tokens of the text less probable; 1: off.",
        s_defaults.RepetitionPenalty, x => x > 0 && float.IsFinite(x), "above 0");

    private readonly Option<float> _presencePenalty = RunOptions.Number(
        "--presence-penalty", "Subtracted from the logits of generated tokens.", s_defaults.PresencePenalty, float.IsFinite, "a number");

    private readonly Option<float> _frequencyPenalty = RunOptions.Number(
        "--frequency-penalty", "Subtracted for each time a token was generated.", s_defaults.FrequencyPenalty, float.IsFinite, "a number");

    private readonly Option<int?> _seed = new("--seed")
    {
        Description = "Same seed, same text; default: a new one each time.",
        HelpName = "N",
    };

    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "Ends the text before this string; may be given several times.",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _noEcho = new("--no-echo") { Description = "Does not print the prompt before the text." };

    private readonly Option<bool> _stats = new("--stats") { Description = "Prints times and counts on standard error." };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object instead of text." };

    private readonly RunOptions _runOptions = new();
    private readonly CliStreams _streams;

    private RunCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        RunCommand run = new(streams);
        Command command = new("run", "Generates text.");
        command.Arguments.Add(run._arguments);
        Option[] options =
        [
            run._maxTokens, run._temperature, run._topK, run._topP, run._minP, run._repetitionPenalty, run._presencePenalty,
            run._frequencyPenalty, run._seed, run._stop, run._noEcho, run._stats, run._json,
        ];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }

        run._stop.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string[]>() is { } stops && stops.Any(string.IsNullOrEmpty))
            {
                result.AddError("--stop is empty; expected at least one character.");
            }
        });
        run._runOptions.AddTo(command);
        CommandLine.SetAction(command, run.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] arguments = parsed.GetValue(_arguments)!;
        string prompt = arguments[^1];
        ModelFolder folder = ModelFolder.Find(arguments.Length == 2 ? arguments[0] : ModelFolder.DemoName);
        MoeOptions options = AutoMethod.Resolve(
            folder, _runOptions.Read(parsed), _runOptions.ReadAuto(parsed), _streams, cancellationToken);
        using MoeModel model = ModelLoader.Load(folder, options, _streams, out CodeOrigin origin, cancellationToken);
        if (!File.Exists(Path.Combine(folder.Path, "tokenizer.json")))
        {
            throw new CliException($"{folder.Path}: has no tokenizer.json; expected one, because a prompt is text");
        }

        bool asJson = parsed.GetValue(_json);
        using TextGeneration generation = model.Generate(prompt, ReadSampling(parsed));
        StringBuilder text = new();

        // what a decoder writes does not continue what its encoder has read
        if (!asJson && !parsed.GetValue(_noEcho) && !model.Info.HasEncoder)
        {
            _streams.Write(prompt);
        }

        try
        {
            bool hasToken = ReadPrompt(generation, cancellationToken);
            while (hasToken)
            {
                Emit(generation, asJson ? text : null);
                hasToken = generation.MoveNext(cancellationToken);
            }

            Emit(generation, asJson ? text : null);
        }
        finally
        {
            if (!asJson)
            {
                _streams.Write("\n");
            }
        }

        if (asJson)
        {
            WriteJson(folder, prompt, text.ToString(), generation, origin);
        }

        if (parsed.GetValue(_stats))
        {
            WriteStats(options.Offloading, generation, model);
        }
    }

    private bool ReadPrompt(TextGeneration generation, CancellationToken cancellationToken)
    {
        using PromptProgress progress = new(_streams, generation);
        return generation.MoveNext(cancellationToken);
    }

    private SamplingOptions ReadSampling(ParseResult parsed) => new()
    {
        MaxTokens = parsed.GetValue(_maxTokens) ?? DefaultMaxTokens,
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK) ?? s_defaults.TopK,
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        RepetitionPenalty = parsed.GetValue(_repetitionPenalty),
        PresencePenalty = parsed.GetValue(_presencePenalty),
        FrequencyPenalty = parsed.GetValue(_frequencyPenalty),
        Seed = parsed.GetValue(_seed),
        StopStrings = parsed.GetValue(_stop) ?? [],
    };

    private void Emit(TextGeneration generation, StringBuilder? collected)
    {
        if (collected is not null)
        {
            collected.Append(generation.GetText());
        }
        else if (generation.TextLength > 0)
        {
            // bytes as they are: a piece of text allocates nothing on its way to the terminal
            _streams.Output.Write(generation.Text);
            _streams.Output.Flush();
        }
    }

    private void WriteJson(ModelFolder folder, string prompt, string text, TextGeneration generation, CodeOrigin origin) =>
        Json.WriteObject(_streams, json =>
        {
            json.WriteString("model", folder.Name);
            json.WriteString("code", Describe(origin));
            json.WriteString("prompt", prompt);
            json.WriteString("text", text);
            json.WriteString("finish_reason", Describe(generation.FinishReason));
            json.WriteNumber("prompt_tokens", generation.PromptLength);
            json.WriteNumber("generated_tokens", generation.GeneratedLength);
            json.WriteNumber("ttft_ms", generation.TimeToFirstToken.TotalMilliseconds);
            json.WriteNumber("decode_ms", generation.DecodeTime.TotalMilliseconds);
            json.WriteNumber("peak_rss_bytes", ProcessMemory.PeakResidentBytes());
        });

    private void WriteStats(Offloading offloading, TextGeneration generation, MoeModel model)
    {
        int decoded = Math.Max(0, generation.GeneratedLength - 1);
        double tpot = decoded == 0 ? 0 : generation.DecodeTime.TotalMilliseconds / decoded;
        string F(double value) => value.ToString("F2", CultureInfo.InvariantCulture);
        _streams.Error.WriteLine(
            $"prompt {generation.PromptLength} tokens, TTFT {F(generation.TimeToFirstToken.TotalMilliseconds)} ms; "
            + $"generated {generation.GeneratedLength} tokens, TPOT {F(tpot)} ms, {F(tpot == 0 ? 0 : 1000 / tpot)} tokens/s; "
            + $"{model.Threads} threads, peak memory {new ByteSize(ProcessMemory.PeakResidentBytes())}");
        if (!model.MemoryPlan.IsResident)
        {
            OffloadingStatistics experts = model.Statistics;
            _streams.Error.WriteLine(
                $"{offloading.Name} with {experts.NumSlots} of {experts.NumExperts} experts: "
                + $"{F(experts.HitRate * 100)} % of {experts.Uses} uses hit, {experts.LateHits} late, {experts.Misses} missed; "
                + $"{new ByteSize(experts.BytesRead)} read, {F(experts.StallTime.TotalMilliseconds)} ms waited for them; "
                + $"prefetched {experts.Prefetches}, {experts.UsefulPrefetches} used");
        }

        if (!offloading.IsExact)
        {
            _streams.Error.WriteLine($"{offloading.Name} is not exact: {LossyStatistics.Describe(model.Statistics, offloading.ExpectedAgreement)}");
        }
    }

    private static string Describe(CodeOrigin origin) => origin switch
    {
        CodeOrigin.BuiltIn => "built-in",
        CodeOrigin.Cached => "cached",
        _ => "compiled",
    };

    private static string Describe(FinishReason reason) => reason switch
    {
        FinishReason.EndOfText => "end_of_text",
        FinishReason.StopString => "stop_string",
        _ => "length",
    };
}
