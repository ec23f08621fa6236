using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Templates;

namespace MoeGen.Tests.Templates;

/// <summary>A hostile template ends with a clear error, soon and in little memory.</summary>
public class TemplateLimitTests
{
    [Theory]
    [InlineData("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{{ range(100001) }}", "range too big")]
    [InlineData("{{ 'a' * 99999999999 }}", "characters")]
    [InlineData("{{ [0] * 99999999999 }}", "steps")]
    [InlineData("{{ 'a'|center(999999999) }}", "characters")]
    [InlineData("{{ '%999999999d' % 1 }}", "too big")]
    [InlineData("{{ '{:999999999}'.format(1) }}", "too large")]
    [InlineData("{{ ('a' * 9999999).replace('', 'b' * 9999999) }}", "characters")]
    [InlineData("{% set ns = namespace(t='aaaa') %}{% for i in range(99) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(t=[1]) %}{% for i in range(99) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.t }}", "values")]
    [InlineData("{% set ns = namespace(t=[1]) %}{% for i in range(9999) %}{% set ns.t = [ns.t] %}{% endfor %}{{ ns.t }}", "levels")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls inside each other")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "calls inside each other")]
    [InlineData("{{ 10 ** 999999 }}", "bits")]
    [InlineData("{{ 10 ** 5000 }}", "digits")]
    [InlineData("{% for a in range(99999) %}{{ 'x' * 9999 }}{% endfor %}", "characters")]
    [InlineData("{{ ('a\n' * 999999)|indent(99999) }}", "characters")]
    [InlineData("{% set ns = namespace() %}{% for i in range(99999) %}{% set ns.a = namespace(b=ns.a) %}{% endfor %}{{ ns }}",
        "nested too deeply")]
    public void Render_KeepsTheLimits(string template, string fault)
    {
        ChatTemplate parsed = ChatTemplate.Parse(template, "t");
        Assert.Contains(fault, Assert.Throws<ChatTemplateRenderException>(() => parsed.Render(new JsonObject())).Message);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("not ", "")]
    [InlineData("-", "")]
    [InlineData("1 + ", "")]
    [InlineData("1 if 1 else ", "")]
    [InlineData("f(", ")")]
    public void Parse_RefusesDeepExpressions(string open, string close)
    {
        string text = "{{ " + Repeat(open, 5000) + "1" + Repeat(close, 5000) + " }}";
        Assert.Contains("inside each other", Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(text, "t")).Message);
    }

    [Fact]
    public void Parse_RefusesDeepBlocksAndLongChains()
    {
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(Repeat("{% if 1 %}", 5000) + Repeat("{% endif %}", 5000), "t"));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ a" + Repeat(".b", 5000) + " }}", "t"));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ a" + Repeat("|upper", 5000) + " }}", "t"));
    }

    [Fact]
    public void Render_RefusesDeepVariables()
    {
        JsonArray nested = [];
        for (int i = 0; i < 600; i++)
        {
            nested = [nested];
        }

        ChatTemplate template = ChatTemplate.Parse("{{ x }}", "t");
        Assert.Contains("levels",
            Assert.Throws<ChatTemplateRenderException>(() => template.Render(new JsonObject { ["x"] = nested })).Message);
    }

    [Fact]
    public void Render_TakesALongConversation()
    {
        ChatTemplate template = ChatTemplate.Parse("{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}\n{% endfor %}", "t");
        string prompt = template.Render(Enumerable.Range(0, 5000).Select(i => new ChatMessage("user", new string('x', 1000))));
        Assert.Equal(5000 * 1007, prompt.Length);
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();
}
