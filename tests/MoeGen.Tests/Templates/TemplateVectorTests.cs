using System.Text;
using System.Text.Json;
using MoeGen.Templates;

namespace MoeGen.Tests.Templates;

/// <summary>Small templates give what jinja2, set up as transformers does it, gave when the vectors were recorded.</summary>
public class TemplateVectorTests
{
    private static string File => Path.Combine(AppContext.BaseDirectory, "Templates", "template-vectors.json");

    public static TheoryData<string> Groups =>
        [.. Read().RootElement.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("group").GetString()!).Distinct()];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Render_MatchesJinja2(string group)
    {
        using JsonDocument vectors = Read();
        JsonElement variables = vectors.RootElement.GetProperty("variables");
        StringBuilder faults = new();
        int numRows = 0;
        foreach (JsonElement row in vectors.RootElement.GetProperty("rows").EnumerateArray())
        {
            if (row.GetProperty("group").GetString() == group)
            {
                numRows++;
                string expected = Expected(row), actual = Render(row.GetProperty("template").GetString()!, variables);
                if (expected != actual)
                {
                    faults.AppendLine($"{row.GetProperty("template")}\n  expected {expected}\n  got      {actual}");
                }
            }
        }

        Assert.NotEqual(0, numRows);
        Assert.True(faults.Length == 0, faults.ToString());
    }

    // of an error only its kind is agreed: jinja2's words are its own
    private static string Expected(JsonElement row) =>
        row.TryGetProperty("text", out JsonElement text) ? $"text: {text.GetString()}"
        : row.TryGetProperty("raises", out JsonElement message) ? $"raises: {message.GetString()}"
        : row.TryGetProperty("fails", out _) ? "fails"
        : "refused";

    private static string Render(string template, JsonElement variables)
    {
        try
        {
            return $"text: {ChatTemplate.Parse(template, "vector").Render(variables)}";
        }
        catch (ChatTemplateRaisedException e)
        {
            return $"raises: {e.Message}";
        }
        catch (ChatTemplateRenderException)
        {
            return "fails";
        }
        catch (ChatTemplateException)
        {
            return "refused";
        }
    }

    private static JsonDocument Read() => JsonDocument.Parse(System.IO.File.ReadAllText(File));
}
