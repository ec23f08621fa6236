using System.CommandLine;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Generator.Emit;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen emit MODEL -o DIR`: writes the generated C# files.</summary>
internal static class EmitCommand
{
    public static Command Create(CliStreams streams)
    {
        Argument<string> model = new("MODEL") { Description = "Folder with a config.json, or the name of a model." };
        Option<string> output = new("--output", "-o")
        {
            Description = "Folder for the files; made when it is missing.",
            Required = true,
            HelpName = "DIR",
        };
        Option<string?> name = new("--name") { Description = "Name of the class; default: made from the folder's name." };
        Option<string> @namespace = new("--namespace")
        {
            Description = "Namespace of the class.",
            DefaultValueFactory = _ => "MoeGen.Models",
        };
        Option<WeightFormat?> format = new("--format") { Description = "How matrices are held; default: as the config says." };
        name.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !SyntaxFacts.IsValidIdentifier(text))
            {
                result.AddError($"--name is {text}; expected a C# identifier.");
            }
        });
        @namespace.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !text.Split('.').All(SyntaxFacts.IsValidIdentifier))
            {
                result.AddError($"--namespace is {text}; expected a C# namespace.");
            }
        });

        Option<bool> asJson = new("--json") { Description = "Prints one JSON object with the files' names." };
        Command command = new("emit", "Writes the generated C# files of a model.") { model, output, name, @namespace, format, asJson };
        CommandLine.SetAction(command, (parsed, cancellationToken) =>
        {
            ModelFolder folder = ModelFolder.Find(parsed.GetValue(model)!);
            ModelSpec spec = folder.ReadSpec(streams, parsed.GetValue(format));
            ModelName className = new(parsed.GetValue(name) ?? Generator.ModelItem.ToClassName(folder.Name), parsed.GetValue(@namespace)!);
            string directory = parsed.GetValue(output)!;
            Directory.CreateDirectory(directory);
            List<string> paths = [];
            foreach (GeneratedFile file in ModelEmitter.Emit(new ModelDeclaration(className, spec)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string path = Path.Combine(directory, file.HintName);
                File.WriteAllText(path, file.Text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
                paths.Add(path);
            }

            Report(streams, paths, parsed.GetValue(asJson));
        });
        return command;
    }

    private static void Report(CliStreams streams, List<string> paths, bool asJson)
    {
        if (!asJson)
        {
            paths.ForEach(streams.WriteLine);
            return;
        }

        Json.WriteObject(streams, json =>
        {
            json.WriteStartArray("files");
            paths.ForEach(json.WriteStringValue);
            json.WriteEndArray();
        });
    }
}
