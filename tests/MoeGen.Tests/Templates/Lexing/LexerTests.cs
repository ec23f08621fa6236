using MoeGen.Templates;

namespace MoeGen.Tests.Templates.Lexing;

public class LexerTests
{
    [Theory]
    [InlineData("a {{ x }} b", "a |{{|x|}}| b")]
    [InlineData("  {% x %}\n b", "{%|x|%}| b")] // indentation and line end of a block go
    [InlineData("  {%+ x +%}\n b", "  |{%|x|%}|\n b")]
    [InlineData("a \n {%- x -%} \n b", "a|{%|x|%}|b")]
    [InlineData("  {{ x }}\n b", "  |{{|x|}}|\n b")]
    [InlineData("a {# c #}\nb", "a |b")]
    [InlineData("a\n  {# c #}\nb", "a\n|b")]
    [InlineData("a {#- c -#} b", "a|b")]
    [InlineData("{% raw %}{{ x }}{% endraw %}\nb", "{{ x }}|b")]
    [InlineData("a\r\nb\rc\n", "a\nb\nc")]
    [InlineData("{{ 'a}}' }}", "{{|a}}|}}")]
    [InlineData("{{ {'a': {}} }}", "{{|{|a|:|{|}|}|}}")]
    [InlineData("{{ 1_0.5e-3 2.x }}", "{{|10.5e-3|2|.|x|}}")]
    [InlineData("{{ a**b//c!=d }}", "{{|a|**|b|//|c|!=|d|}}")]
    public void Tokenize_CutsLikeJinja2(string template, string tokens) => Assert.Equal(tokens, string.Join('|', Lexer
        .Tokenize(new TemplateSource(template, "t"))
        .Where(token => token.Kind != TokenKind.End)
        .Select(token => token.Kind switch
        {
            TokenKind.BlockEnd => "%}",
            TokenKind.VariableEnd => "}}",
            _ => token.Text,
        })));

    [Theory]
    [InlineData("a\n {{ 'x }}", "t(2,5): the string has no end; expected '")]
    [InlineData("{{ x", "t(1,3): the tag has no end; expected '}}'")]
    [InlineData("{% x", "t(1,3): the tag has no end; expected '%}'")]
    [InlineData("{# x", "t(1,1): the comment has no end; expected '#}'")]
    [InlineData("{% raw %}x", "t(1,1): the raw block has no end; expected '{% endraw %}'")]
    [InlineData("{{ (1] }}", "t(1,6): unexpected ']'; expected ')'")]
    [InlineData("{{ 1) }}", "t(1,5): unexpected ')'")]
    [InlineData("{{ a ? b }}", "t(1,6): unexpected character '?'")]
    [InlineData("{{ '\\x4' }}", "t(1,5): the escape \\x needs 2 hexadecimal digits of a character")]
    [InlineData("{{ '\\N{DASH}' }}", "t(1,5): the escape \\N is not supported; write the character, or \\u with its number")]
    public void Tokenize_NamesThePlaceOfAnError(string template, string fault) =>
        Assert.Equal(fault, Assert.Throws<ChatTemplateException>(() => Lexer.Tokenize(new TemplateSource(template, "t"))).Message);
}
