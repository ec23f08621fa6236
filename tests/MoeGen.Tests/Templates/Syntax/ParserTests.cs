using MoeGen.Templates;

namespace MoeGen.Tests.Templates.Syntax;

public class ParserTests
{
    [Theory]
    [InlineData("a\n{% extends 'base' %}", "t(2,4): 'extends' is not supported in chat templates")]
    [InlineData("{% block a %}{% endblock %}", "t(1,4): 'block' is not supported in chat templates")]
    [InlineData("{% import 'a' as b %}", "t(1,4): 'import' is not supported in chat templates")]
    [InlineData("{% if x %}{% from 'a' import b %}",
        "t(1,14): 'from' is not supported in chat templates; inside 'if', expected 'elif' or 'else' or 'endif'")]
    [InlineData("{% trans %}", "t(1,4): unknown tag 'trans'")]
    [InlineData("{% for x in y %}a", "t(1,18): the template ends inside 'for'; expected 'endfor' or 'else'")]
    [InlineData("{% if x %}{% endfor %}", "t(1,14): unknown tag 'endfor'; inside 'if', expected 'elif' or 'else' or 'endif'")]
    [InlineData("{{ a b }}", "t(1,6): found 'b'; expected '}}'")]
    [InlineData("{{ }}", "t(1,4): found '}}'; expected an expression")]
    [InlineData("{% set true = 1 %}", "t(1,8): 'true' cannot be assigned to")]
    [InlineData("{{ a|urlize }}", "t(1,6): the filter 'urlize' is not supported")]
    [InlineData("{% if x %}\n{{ a|pprint }}{% endif %}", "t(2,6): the filter 'pprint' is not supported")]
    [InlineData("{{ a|nothing }}", "t(1,6): no filter is named 'nothing'")]
    [InlineData("{{ a is nothing }}", "t(1,9): no test is named 'nothing'")]
    [InlineData("{% break %}", "t(1,4): 'break' and 'continue' stand outside of a loop")]
    [InlineData("{% for a in b %}{% set loop = 1 %}{% endfor %}", "t(1,24): 'loop' cannot be assigned to inside a loop")]
    [InlineData("{% macro m(a=1, b) %}{% endmacro %}", "t(1,17): parameter 'b' has no default but follows one that has")]
    [InlineData("{{ f(**a, 1) }}", "t(1,11): an argument out of order or given twice; expected values, names with values, *list, **dict")]
    public void Parse_NamesTheConstructAndItsPlace(string template, string fault) =>
        Assert.Equal(fault, Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template, "t")).Message);

    [Theory]
    [InlineData("{{ 2 ** 3 ** 2 }}", "64")] // from the left, unlike Python
    [InlineData("{{ -2 ** 2 }}", "4")]
    [InlineData("{{ 1 ~ 2 * 3 }}", "16")]
    [InlineData("{{ -3|abs }}", "3")] // a filter takes the minus along
    [InlineData("{{ not 1 in [1] }}", "False")]
    public void Parse_HasJinja2sPrecedence(string template, string text) =>
        Assert.Equal(text, ChatTemplate.Parse(template, "t").Render([]));
}
