using System.Text.Json.Nodes;
using MoeGen.Templates;
using MoeGen.Testing;

namespace MoeGen.Tests.Templates;

public class ChatTemplateTests
{
    private static readonly ChatMessage[] s_messages = [new("user", "Hi"), new("assistant", "Hello")];

    [Fact]
    public void Render_TakesMessages()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% for m in messages %}<{{ m.role }}>{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}", "t");
        Assert.Equal("<user>Hi<assistant>Hello<assistant>", template.Render(s_messages));
        Assert.Equal("<user>Hi<assistant>Hello", template.Render(s_messages, addGenerationPrompt: false));
    }

    [Fact]
    public void Render_KnowsToolsAndDocumentsAsNone() =>
        Assert.Equal("None None",
            ChatTemplate.Parse("{{ tools }} {{ documents }}{{ add_generation_promp }}", "t").Render(new JsonObject()));

    [Fact]
    public void Render_KeepsNumbersAsTheyWere()
    {
        JsonObject variables = JsonNode.Parse("""{"a": [1, 1.0, 1e2, -0, 123456789012345678901234567890, 0.10]}""")!.AsObject();
        variables["made"] = new JsonArray(1, 1.0, 2.5f, 3L, true, "x", null);
        Assert.Equal(
            "[1, 1.0, 100.0, 0, 123456789012345678901234567890, 0.1] [1, 1.0, 2.5, 3, true, \"x\", null]",
            ChatTemplate.Parse("{{ a }} {{ made|tojson }}", "t").Render(variables));
    }

    [Fact]
    public void Load_PrefersJinjaFilesToTheConfig()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer_config.json", """{"chat_template": "config"}""");
        Assert.Equal("config", ChatTemplate.Load(folder.Path).Render([]));
        folder.Write("template.jinja", "template");
        Assert.Equal("template", ChatTemplate.Load(folder.Path).Render([]));
        folder.Write("chat_template.jinja", "chat");
        Assert.Equal("chat", ChatTemplate.Load(folder.Path).Render([]));
    }

    [Fact]
    public void Load_PicksTheTemplateForTools()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "tokenizer_config.json",
            """{"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}, {"name": "rag", "template": "{%"}]}""");
        ChatTemplate template = ChatTemplate.Load(folder.Path);
        Assert.Equal("plain", template.Render(new JsonObject { ["messages"] = new JsonArray(), ["tools"] = null }));
        Assert.Equal("tools", template.Render(new JsonObject { ["messages"] = new JsonArray(), ["tools"] = new JsonArray() }));
    }

    [Fact]
    public void Load_ReadsSpecialTokensThatVariablesOverride()
    {
        using TemporaryFolder folder = new();
        folder.Write("chat_template.jinja", "{{ bos_token }}{{ eos_token }}{{ pad_token }}{{ unk_token }}");
        folder.Write("tokenizer_config.json",
            """{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "unk_token": null}""");
        folder.Write("special_tokens_map.json", """{"bos_token": "other", "pad_token": {"content": "<pad>"}}""");
        ChatTemplate template = ChatTemplate.Load(folder.Path);
        Assert.Equal("<s></s><pad>", template.Render([]));
        Assert.Equal("<b></s><pad>", template.Render(new JsonObject { ["bos_token"] = "<b>" }));
    }

    [Theory]
    [InlineData(null, "no chat template; expected chat_template.jinja")]
    [InlineData("{}", "no chat template")]
    [InlineData("{", "tokenizer_config.json: no well-formed JSON, line 1")]
    [InlineData("[]", "the file holds no JSON object")]
    [InlineData("""{"chat_template": 5}""", "chat_template is neither a text nor a list")]
    [InlineData("""{"chat_template": [{"name": "x", "template": ""}]}""", "a template named \"default\"")]
    [InlineData("""{"chat_template": [7]}""", "no object with the texts name and template")]
    [InlineData("""{"chat_template": "\ud800"}""", "half of a surrogate pair")]
    [InlineData("""{"chat_template": "a\n{% include 'x' %}"}""", "chat_template(2,4): 'include' is not supported")]
    public void Load_NamesWhatIsWrong(string? config, string fault)
    {
        using TemporaryFolder folder = new();
        if (config is not null)
        {
            folder.Write("tokenizer_config.json", config);
        }

        ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Load(folder.Path));
        Assert.Contains(folder.Path, e.Message.Replace("chat_template: a string", folder.Path, StringComparison.Ordinal));
        Assert.Contains(fault, e.Message);
    }

    [Fact]
    public void Load_RefusesInvalidUtf8()
    {
        using TemporaryFolder folder = new();
        folder.Write("chat_template.jinja", [0x61, 0xFF]);
        Assert.Contains("chat_template.jinja: the file is not valid UTF-8",
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Load(folder.Path)).Message);
    }

    [Fact]
    public void StrftimeNow_TellsTheDateOrWhatItIsGiven()
    {
        ChatTemplate template =
            ChatTemplate.Parse("{{ strftime_now('%d %B %Y, %A %-d %b %y %H:%M:%S %j %I%p %%') }}", "t", new StoppedClock());
        Assert.Equal("05 March 2026, Thursday 5 Mar 26 14:07:09 064 02PM %", template.Render([]));
        Assert.Equal("today", template.Render(new JsonObject { ["strftime_now"] = "today" }));
    }

    [Fact]
    public void Errors_NameFileAndLine()
    {
        ChatTemplate template = ChatTemplate.Parse("a\n{% for m in messages %}\n{{ m.role.x.y }}{% endfor %}", "t.jinja");
        ChatTemplateRenderException e = Assert.Throws<ChatTemplateRenderException>(() => template.Render(s_messages));
        Assert.Equal("t.jinja(3): 'str object' has no attribute 'x'", e.Message);
    }

    [Fact]
    public void RaiseException_PassesTheMessageOn()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ raise_exception('Roles must alternate: ' ~ messages[0].role) }}", "t");
        Assert.Equal("Roles must alternate: user", Assert.Throws<ChatTemplateRaisedException>(() => template.Render(s_messages)).Message);
    }

    [Fact]
    public void Render_WorksOnManyThreads()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{{ m.content }}{% endfor %}", "t");
        Parallel.For(0, 200, _ => Assert.Equal("1Hi2Hello", template.Render(s_messages)));
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 3, 5, 14, 7, 9, TimeSpan.Zero);
    }
}
