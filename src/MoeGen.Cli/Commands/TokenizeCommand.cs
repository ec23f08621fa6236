using System.CommandLine;
using System.Text;
using System.Text.Json;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Tokenizers;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen tokenize FOLDER`: text on standard input to token ids, or the other way.</summary>
internal sealed class TokenizeCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Folder with a tokenizer.json, or the name of a model." };

    private readonly Option<bool> _special = new("--special")
    {
        Description = "Adds the special tokens that the tokenizer puts around a text.",
    };

    private readonly Option<bool> _decode = new("--decode") { Description = "From ids to text." };
    private readonly Option<bool> _skipSpecial = new("--skip-special") { Description = "Leaves special tokens out of the text." };

    private readonly Option<bool> _jsonLines = new("--jsonl")
    {
        Description = "Each input line is a JSON value, a text or a list of ids; each output line its result.",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object: ids, or text." };
    private readonly CliStreams _streams;

    private TokenizeCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        TokenizeCommand tokenize = new(streams);
        Command command = new("tokenize", "Turns text on standard input into token ids, or ids into text.")
        {
            tokenize._folder, tokenize._special, tokenize._decode, tokenize._skipSpecial, tokenize._jsonLines, tokenize._json,
        };
        CommandLine.SetAction(command, tokenize.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        Tokenizer tokenizer = Tokenizer.Load(ModelFolder.Find(parsed.GetValue(_folder)!).Path);
        bool special = parsed.GetValue(_special), skipSpecial = parsed.GetValue(_skipSpecial), decodes = parsed.GetValue(_decode);
        if (parsed.GetValue(_jsonLines))
        {
            using StreamReader lines = new(_streams.Input, Encoding.UTF8);
            for (int number = 1; lines.ReadLine() is { } line; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (decodes)
                {
                    string text = tokenizer.Decode(ReadIds(line, $"line {number}"), skipSpecial);
                    Json.WriteLine(_streams, json => json.WriteStringValue(text));
                }
                else
                {
                    WriteIds(tokenizer.Encode(ReadText(line, $"line {number}"), special));
                }
            }
        }
        else
        {
            string input = Encoding.UTF8.GetString(_streams.ReadInput());
            bool asJson = parsed.GetValue(_json);
            if (decodes)
            {
                WriteText(tokenizer.Decode(ReadIds(input, "standard input"), skipSpecial), asJson);
            }
            else
            {
                WriteIds(tokenizer.Encode(input, special), asJson);
            }
        }
    }

    private void WriteText(string text, bool asJson)
    {
        if (asJson)
        {
            Json.WriteObject(_streams, json => json.WriteString("text", text));
        }
        else
        {
            _streams.Write(text);
        }
    }

    private void WriteIds(int[] ids, bool asJson = false)
    {
        if (asJson)
        {
            Json.WriteObject(_streams, json =>
            {
                json.WritePropertyName("ids");
                Json.WriteIds(json, ids);
            });
        }
        else
        {
            Json.WriteLine(_streams, json => Json.WriteIds(json, ids));
        }
    }

    private static string ReadText(string json, string place) =>
        Read(json, place, "a JSON string", root => root.ValueKind == JsonValueKind.String ? root.GetString() : null);

    private static int[] ReadIds(string json, string place) =>
        Read(json, place, "a JSON array of token ids", TokenFile.ReadIds);

    private static T Read<T>(string json, string place, string expected, Func<JsonElement, T?> read)
        where T : class
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return read(document.RootElement)
                ?? throw new CliException($"{place}: is {document.RootElement.ValueKind}; expected {expected}");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CliException($"{place}: is not JSON; expected {expected}");
        }
    }
}
