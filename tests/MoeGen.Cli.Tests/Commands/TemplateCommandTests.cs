using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Commands;

public class TemplateCommandTests
{
    private const string Template = """
        {%- for m in messages %}
        {%- if m.role not in ['user', 'assistant'] %}{{ raise_exception('Unknown role ' ~ m.role) }}{% endif %}
        {{- '<' ~ m.role ~ '>' + m.content }}
        {%- endfor %}{{ tools|tojson if tools }}{{ '<assistant>' if add_generation_prompt }}
        """;

    [Fact]
    public async Task JsonLines_GiveOneResultEach()
    {
        string[] lines =
        [
            """{"messages": [{"role": "user", "content": "é\n\"<&"}]}""",
            """{"messages": [{"role": "tool", "content": ""}]}""",
            """{"messages": [{"role": "user", "content": null}]}""",
            """{"messages": [], "tools": [{"name": "f", "n": 1.0}], "add_generation_prompt": true}""",
        ];
        CliRun run = await Run(string.Join('\n', lines) + "\n", "--jsonl");
        Assert.Equal(ExitCodes.Done, run.ExitCode);
        Assert.Equal(4, run.Output.Count(c => c == '\n'));
        string[] results = run.Output.Split('\n');
        Assert.Equal("""{"text":"<user>é\n\"<&"}""", results[0]);
        Assert.Equal("""{"raises":"Unknown role tool"}""", results[1]);
        Assert.StartsWith("""{"raises":""", results[2]);
        Assert.Contains("chat_template.jinja(3): ", results[2]);
        Assert.Equal("""{"text":"[{\"name\": \"f\", \"n\": 1.0}]<assistant>"}""", results[3]);
    }

    [Fact]
    public async Task OneObject_GivesTheTextAsItIs()
    {
        CliRun run = await Run("""{"messages": [{"role": "user", "content": "Hi\n"}]}""");
        Assert.Equal("<user>Hi\n", run.Output);
    }

    [Fact]
    public async Task Refusal_IsOneLine() =>
        (await Run("""{"messages": [{"role": "tool", "content": ""}]}""")).AssertFailed("moegen: Unknown role tool");

    [Theory]
    [InlineData("x", "standard input: is not JSON; expected a JSON object with messages")]
    [InlineData("[]", "standard input: is Array")]
    [InlineData("{}", "standard input: has no messages")]
    public async Task WrongInput_IsOneLine(string input, string fault) => (await Run(input)).AssertFailed(fault);

    [Fact]
    public async Task WrongLine_IsNamed()
    {
        CliRun run = await Run("{\"messages\": []}\n{\n", "--jsonl");
        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Equal("{\"text\":\"\"}\n", run.Output);
        Assert.Contains("line 2: is not JSON", run.Error);
    }

    [Fact]
    public async Task BrokenTemplate_NamesFileLineAndColumn()
    {
        using TemporaryFolder folder = new();
        folder.Write("chat_template.jinja", "a\n {% include 'x' %}");
        (await CliRun.Of("template", folder.Path)).AssertFailed(folder["chat_template.jinja"] + "(2,5): 'include' is not supported");
    }

    [Fact]
    public async Task MissingTemplate_IsOneLine()
    {
        using TemporaryFolder folder = new();
        (await CliRun.Of("template", folder.Path)).AssertFailed("no chat template; expected chat_template.jinja");
    }

    private static async Task<CliRun> Run(string input, params string[] options)
    {
        using TemporaryFolder folder = new();
        folder.Write("chat_template.jinja", Template);
        return await CliRun.With(input, CancellationToken.None, ["template", folder.Path, .. options]);
    }
}
