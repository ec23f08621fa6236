using System.CommandLine;
using System.Text;
using System.Text.Json;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Templates;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen template FOLDER`: conversations on standard input to prompts.</summary>
internal sealed class TemplateCommand
{
    // schemas of tools inside tools; far beyond what anybody writes
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 400 };

    private readonly Argument<string> _folder = new("FOLDER")
    {
        Description = "Folder with a chat_template.jinja, a template.jinja or a tokenizer_config.json, or the name of a model.",
    };

    private readonly Option<bool> _jsonLines = new("--jsonl")
    {
        Description =
            "Each input line is an object with messages, tools and any variables; each output line {\"text\": ...} or {\"raises\": ...}.",
    };

    private readonly CliStreams _streams;

    private TemplateCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        TemplateCommand template = new(streams);
        Command command = new("template", "Renders the chat template: a JSON object with messages on standard input becomes a prompt.")
        {
            template._folder, template._jsonLines,
        };
        CommandLine.SetAction(command, template.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ChatTemplate template = ChatTemplate.Load(ModelFolder.Find(parsed.GetValue(_folder)!).Path);
        if (!parsed.GetValue(_jsonLines))
        {
            using JsonDocument variables = Read(Encoding.UTF8.GetString(_streams.ReadInput()), "standard input");
            _streams.Write(template.Render(variables.RootElement));
            return;
        }

        using StreamReader lines = new(_streams.Input, Encoding.UTF8);
        for (int number = 1; lines.ReadLine() is { } line; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using JsonDocument variables = Read(line, $"line {number}");
            (string name, string text) = Render(template, variables.RootElement);
            Json.WriteObject(_streams, json => json.WriteString(name, text));
        }
    }

    // a conversation that the template refuses, or cannot render, says nothing about the next one
    private static (string Name, string Text) Render(ChatTemplate template, JsonElement variables)
    {
        try
        {
            return ("text", template.Render(variables));
        }
        catch (MoeGenException exception) when (exception is ChatTemplateRaisedException or ChatTemplateRenderException)
        {
            return ("raises", exception.Message);
        }
    }

    private static JsonDocument Read(string json, string place)
    {
        const string Expected = "expected a JSON object with messages";
        try
        {
            JsonDocument document = JsonDocument.Parse(json, s_options);
            JsonElement root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? throw new CliException($"{place}: is {root.ValueKind}; {Expected}")
                : root.TryGetProperty("messages", out _) ? document
                : throw new CliException($"{place}: has no messages; {Expected}");
        }
        catch (JsonException)
        {
            throw new CliException($"{place}: is not JSON; {Expected}");
        }
    }
}
