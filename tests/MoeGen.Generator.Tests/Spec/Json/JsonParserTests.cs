using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator.Tests.Spec.Json;

public class JsonParserTests
{
    [Fact]
    public void Values_KeepLineAndColumn()
    {
        JsonObject root = Assert.IsType<JsonObject>(JsonParser.Parse("{\r\n  \"a\": [1,\n 2.5e-3],\r  \"b\": \"x\"\n}"));
        JsonArray a = Assert.IsType<JsonArray>(root.Find("a")!.Value);
        Assert.Equal((1, 7), (a.Range.Line, a.Range.Column));
        Assert.Equal((2, 1), (a.Items[1].Range.Line, a.Items[1].Range.Column));
        Assert.Equal((3, 7), (root.Find("b")!.Value.Range.Line, root.Find("b")!.Value.Range.Column));
        Assert.Equal((3, 2), (root.Find("b")!.NameRange.Line, root.Find("b")!.NameRange.Column));
    }

    [Theory]
    [InlineData("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude42\"", "a\"\\/\b\f\n\r\té🙂")]
    [InlineData("\"\"", "")]
    public void Strings_AreUnescaped(string json, string expected) => Assert.Equal(expected, Assert.IsType<JsonString>(JsonParser.Parse(json)).Value);

    [Theory]
    [InlineData("0")]
    [InlineData("-0.5")]
    [InlineData("1E+9")]
    [InlineData("12345678901234567890")]
    public void Numbers_KeepTheirText(string json) => Assert.Equal(json, Assert.IsType<JsonNumber>(JsonParser.Parse(json)).Text);

    [Fact]
    public void ByteOrderMark_IsSkipped() => Assert.IsType<JsonObject>(JsonParser.Parse("\uFEFF{}"));

    [Fact]
    public void NameTwice_TheLastOneCounts() =>
        Assert.Equal("2", Assert.IsType<JsonObject>(JsonParser.Parse("{\"a\":1,\"a\":2}")).Find("a")!.Value.Describe());

    [Theory]
    [InlineData("", 0, 0, "the file ends here; expected a value")]
    [InlineData("{", 0, 1, "the file ends here; expected a key in double quotes")]
    [InlineData("{a:1}", 0, 1, "found 'a'; expected a key in double quotes")]
    [InlineData("{\"a\" 1}", 0, 5, "found '1'; expected ':' after the key \"a\"")]
    [InlineData("{\"a\":1 \"b\":2}", 0, 7, "found '\"'; expected ',' or '}'")]
    [InlineData("[1 2]", 0, 3, "found '2'; expected ',' or ']'")]
    [InlineData("[1,]", 0, 3, "found ']'; expected a value")]
    [InlineData("{}\n{}", 1, 0, "found '{'; expected the end of the file")]
    [InlineData("NaN", 0, 0, "found 'N'; expected a value")]
    [InlineData("tru", 0, 0, "found 't'; expected a value")]
    [InlineData("01", 0, 1, "found '1'; expected the end of the file")]
    [InlineData("1.", 0, 2, "the file ends here; expected a digit")]
    [InlineData("-", 0, 1, "the file ends here; expected a digit")]
    [InlineData("\"\\x\"", 0, 2, "found 'x'; expected an escape sequence of JSON after '\\'")]
    [InlineData("\"\\u12\"", 0, 2, "found 'u'; expected an escape sequence of JSON after '\\'")]
    [InlineData("\"a\nb\"", 0, 2, "found U+000A; expected no control character inside a string")]
    [InlineData("// no\n{}", 0, 0, "found '/'; expected a value")]
    [InlineData("'a'", 0, 0, "found '''; expected a value")]
    public void Faults_AreSaidWhereTheyAre(string json, int line, int column, string message)
    {
        JsonSyntaxException exception = Assert.Throws<JsonSyntaxException>(() => JsonParser.Parse(json));
        Assert.Equal((line, column, message), (exception.Range.Line, exception.Range.Column, exception.Message));
    }

    [Fact]
    public void DeepNesting_IsRefusedBeforeTheStackEnds() =>
        Assert.Contains("nested deeper than 64", Assert.Throws<JsonSyntaxException>(() => JsonParser.Parse(new string('[', 1_000_000))).Message);
}
