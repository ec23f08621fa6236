using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Templates;
using MoeGen.Testing;

namespace MoeGen.Tests.Templates;

/// <summary>Published templates give what jinja2 gives, to the byte, or refuse what it refuses.</summary>
public class PublishedTemplateTests
{
    public static TheoryData<string> Names =>
        [.. RepositoryFiles.FolderNames(Path.Combine(RepositoryFiles.Shared, "templates")).DefaultIfEmpty("qwen3")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Render_MatchesTheRecordedCases(string name)
    {
        string folder = RepositoryFiles.RequireShared($"templates/{name}");
        JsonObject file = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "cases.json")))!.AsObject();
        ChatTemplate template = ChatTemplate.Load(folder);
        StringBuilder faults = new();
        foreach (JsonNode? row in file["cases"]!.AsArray())
        {
            JsonObject expected = row!.AsObject();
            string actual = Render(template, Variables(file, expected));
            if (actual != Expected(expected))
            {
                faults.AppendLine(
                    $"{expected["conversation"]} {expected["vars"]?.ToJsonString()}\n  expected {Expected(expected)}\n  got      {actual}");
            }
        }

        Assert.True(faults.Length == 0, faults.ToString());
    }

    private static JsonObject Variables(JsonObject file, JsonObject row)
    {
        JsonObject variables = new()
        {
            ["bos_token"] = file["bos_token"]?.DeepClone(),
            ["eos_token"] = file["eos_token"]?.DeepClone(),
            ["strftime_now"] = file["strftime_now"]?.DeepClone(),
        };
        foreach ((string name,
            JsonNode? value) in file["conversations"]![row["conversation"]!.GetValue<string>()]!.AsObject().Concat(row["vars"]!.AsObject()))
        {
            variables[name] = value?.DeepClone();
        }

        return variables;
    }

    private static string Expected(JsonObject row) =>
        row["rendered"] is JsonNode text ? $"text: {text.GetValue<string>()}" : row["raises"] is JsonNode message
            ? $"raises: {message.GetValue<string>()}" : "fails";

    private static string Render(ChatTemplate template, JsonObject variables)
    {
        try
        {
            return $"text: {template.Render(variables)}";
        }
        catch (ChatTemplateRaisedException e)
        {
            return $"raises: {e.Message}";
        }
        catch (ChatTemplateRenderException)
        {
            return "fails";
        }
    }
}
