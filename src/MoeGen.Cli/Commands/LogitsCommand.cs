using System.CommandLine;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Engine;
using MoeGen.Engine.Sampling;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen logits MODEL --tokens FILE -o FILE`: logits and routing of given tokens, to compare with a reference.</summary>
internal sealed class LogitsCommand
{
    // logits of a chunk are kept at once: 64 rows of a vocabulary of 150,000 take 38 MB
    private const int MaxChunk = 64;

    private readonly Argument<string> _model = new("MODEL") { Description = "A Hugging Face folder, or the name of a model." };

    private readonly Option<string> _tokens = new("--tokens")
    {
        Description = "JSON array of ids, or an object with input_ids, and decoder_input_ids where the model has an encoder.",
        Required = true,
        HelpName = "FILE",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Safetensors file to write.",
        Required = true,
        HelpName = "FILE",
    };

    private readonly Option<int?> _greedy = RunOptions.AtLeast("--greedy", "Also finds the next N most probable tokens, for --json.", 0);
    private readonly Option<int?> _chunk = RunOptions.Positive("--chunk", $"Tokens that are computed together; default: {MaxChunk}.");
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly RunOptions _runOptions = new();
    private readonly CliStreams _streams;

    private LogitsCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        LogitsCommand logits = new(streams);
        Command command = new("logits", "Writes the logits and the routing of given tokens.")
        {
            logits._model, logits._tokens, logits._output, logits._greedy, logits._chunk, logits._json,
        };
        logits._runOptions.AddTo(command);
        CommandLine.SetAction(command, logits.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        ModelSpec spec = folder.ReadSpec(_streams);
        TokenFile text = TokenFile.Read(parsed.GetValue(_tokens)!, spec);
        int[] tokens = text.Tokens;
        string output = parsed.GetValue(_output)!;
        OutputFile.Check(output);

        int wanted = parsed.GetValue(_greedy) ?? 0;
        MoeOptions options = _runOptions.Read(parsed);
        options = options with { ContextLength = options.ContextLength ?? ContextFor(text, spec, wanted) };
        using MoeModel model = ModelLoader.Load(folder, options, _streams, out _, cancellationToken);

        int chunkLength = Math.Min(parsed.GetValue(_chunk) ?? MaxChunk, tokens.Length);
        using Sequence sequence = model.CreateSequence(chunkLength);

        // an encoder sees its input at once
        using ForwardPass pass = model.NewPass(Math.Max(chunkLength, text.Input?.Length ?? 0), chunkLength);
        using (LogitsFile file = new(output, model.Info, tokens.Length, text.Input?.Length ?? 0))
        {
            using ProgressLine progress = new(_streams, "computing logits");
            pass.Observer = file;
            if (text.Input is not null)
            {
                model.Encode(sequence, text.Input, pass, cancellationToken);
            }

            for (int first = 0; first < tokens.Length; first += chunkLength)
            {
                ReadOnlySpan<int> chunk = tokens.AsSpan(first, Math.Min(chunkLength, tokens.Length - first));
                model.Run(pass, sequence, chunk, chunk.Length, cancellationToken, tokens.Length);
                file.WriteLogits(pass);
                progress.Report(sequence.Length, tokens.Length, $"{tokens.Length} tokens");
            }

            file.Commit();
        }

        int[] greedy = Greedy(model, sequence, pass, wanted, cancellationToken);
        if (parsed.GetValue(_json))
        {
            Json.WriteObject(_streams, json =>
            {
                json.WriteString("model", folder.Name);
                json.WriteString("output", output);
                json.WriteNumber("tokens", tokens.Length);
                json.WriteNumber("vocab_size", model.Info.VocabSize);
                json.WritePropertyName("greedy");
                Json.WriteIds(json, greedy);
            });
        }
        else
        {
            _streams.WriteLine($"{output}: logits of {tokens.Length} tokens");
        }
    }

    // the greedy tokens of a model with an encoder begin a text of their own
    private static int ContextFor(TokenFile text, ModelSpec spec, int wanted) =>
        text.Input is null
            ? (int)Math.Min(spec.MaxPositions, (long)text.Tokens.Length + wanted)
            : Math.Max(Math.Max(text.Input.Length, text.Tokens.Length), wanted);

    // as many as fit: the context may end before
    private static int[] Greedy(MoeModel model, Sequence sequence, ForwardPass pass, int count, CancellationToken cancellationToken)
    {
        List<int> greedy = [];
        pass.Observer = null;
        if (model.Info.DecoderStartTokenId is { } start && count > 0)
        {
            // what follows the input, not the given beginning of the decoder's text
            sequence.Truncate(0);
            model.Run(pass, sequence, [start], 1, cancellationToken);
        }

        Span<float> logits = pass.Logits[pass.NumLogits - 1];
        for (int i = 0; i < count; i++)
        {
            greedy.Add(Sampler.IndexOfLargest(logits));
            if (i == count - 1 || sequence.Length == sequence.Capacity)
            {
                break;
            }

            model.Run(pass, sequence, [greedy[^1]], 1, cancellationToken);
            logits = pass.Logits[0];
        }

        return [.. greedy];
    }
}
