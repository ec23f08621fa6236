using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Templates;
using MoeGen.Testing;

namespace MoeGen.Tests.Templates;

/// <summary>Whatever a template holds, it renders or is refused with an exception of chat templates; nothing else happens.</summary>
public class TemplateFuzzTests
{
    // one of everything
    private const string Sample = """
        {%- macro show(value, depth=0) -%}
            {%- if value is mapping %}{% for k, v in value|dictsort %}{{ k }}: {{ show(v, depth + 1) }}{{ ", " if not loop.last }}{% endfor %}
            {%- elif value is string %}{{ value|trim|replace("\n", "\\n") }}{% else %}{{ value|tojson(indent=2) }}{% endif -%}
        {%- endmacro %}
        {% set ns = namespace(last=-1, names=[]) %}
        {# a comment #}
        {% for message in messages if message.role != 'system' %}
            {%- if loop.first and messages[0]['role'] == "system" or loop.index0 is divisibleby 2 %}{{ messages[0].content[:5] }}{% endif %}
            {%- set ns.last = loop.index %}
            {%- set content -%} {{ message.content.split('</think>')[-1].lstrip() }} {%- endset %}
            {{- '<|' ~ message.role ~ '|>' + content }}{% if message.tool_calls is defined %}{{ show(message.tool_calls[0].function) }}{% endif %}
            {% raw %}{{ not this }}{% endraw %}
        {% else %}{{ raise_exception('No messages') }}{% endfor %}
        {% call(x) show({'a': 1}) %}{{ x }}{% endcall %}{% filter upper %}{{ "%s-%05.2f" % ("a", 2.5) }}{% endfilter %}
        {% with a = [1, 2.5, none, true], b = (1,) %}{{ a|map('string')|join('|') }}{{ a[::-1] }}{{ b }}{% endwith %}
        {% if add_generation_prompt %}{% generation %}{{ "{:>8}".format(ns.last ** 2 // 3) }}{% endgeneration %}{% endif %}
        """;

    private static readonly string[] s_pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "'", "\"", "\\", "~",
            "**", "//", "=",
        "==", "!", " if ", " else ", " for ", " in ", " not ", " is ", " and ", "set ", "endset", "endif", "endfor", "macro ", "endmacro",
            "call ", "raw",
        "endraw", "loop", "messages", "role", "content", "upper", "tojson", "join", "map", "range", "namespace", "1", "0x", "1.5", "1e9",
            "99999999999999",
        "none", "true", "é", "\U0001f642", "\u2028", "\ud83d", "\0", "%s", "{}", "\\u", "x",
    ];

    private static JsonObject Variables => new()
    {
        ["messages"] = new JsonArray(
            new JsonObject { ["role"] = "system", ["content"] = "Be brief." },
            new JsonObject { ["role"] = "user", ["content"] = "Hi" },
            new JsonObject
            {
                ["role"] = "assistant",
                ["content"] = "Yo",
                ["tool_calls"] = new JsonArray(new JsonObject { ["function"] = new JsonObject { ["a"] = 1 } }),
            }),
        ["add_generation_prompt"] = true,
    };

    [Fact]
    public void Sample_Parses() => Assert.NotNull(ChatTemplate.Parse(Sample, "t"));

    [Fact]
    public void Parse_SurvivesTruncation()
    {
        for (int length = 0; length <= Sample.Length; length++)
        {
            ParseAndRender(Sample[..length]);
        }
    }

    [Fact]
    public void Parse_SurvivesChangedText()
    {
        Random random = new(42);
        for (int round = 0; round < 1500; round++)
        {
            StringBuilder text = new(Sample);
            for (int numChanges = random.Next(1, 6); numChanges > 0; numChanges--)
            {
                int start = random.Next(text.Length), length = Math.Min(random.Next(4), text.Length - start);
                text.Remove(start, length).Insert(start, s_pieces[random.Next(s_pieces.Length)]);
            }

            ParseAndRender(text.ToString());
        }
    }

    [Fact]
    public void Parse_SurvivesRandomText()
    {
        Random random = new(43);
        for (int round = 0; round < 6000; round++)
        {
            string inside = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => s_pieces[random.Next(s_pieces.Length)]));
            ParseAndRender((round % 3) switch
            {
                0 => inside,
                1 => "{{ " + inside + " }}",
                _ => "{% " + inside + " %}",
            });
        }
    }

    [Fact]
    public void Load_SurvivesRandomBytes()
    {
        Random random = new(44);
        using TemporaryFolder folder = new();
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Sample);
            for (int numChanges = random.Next(1, 4); numChanges > 0; numChanges--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            folder.Write(round % 2 == 0 ? "chat_template.jinja" : "tokenizer_config.json", bytes);
            Try(() => ChatTemplate.Load(folder.Path).Render(Variables));
        }
    }

    private static void ParseAndRender(string text) => Try(() => ChatTemplate.Parse(text, "t").Render(Variables));

    private static void Try(Func<string> render)
    {
        try
        {
            render();
        }
        catch (MoeGenException e)
        {
            Assert.True(e is ChatTemplateException or ChatTemplateRenderException or ChatTemplateRaisedException, e.ToString());
            Assert.False(string.IsNullOrEmpty(e.Message) && e is not ChatTemplateRaisedException);
        }
    }
}
