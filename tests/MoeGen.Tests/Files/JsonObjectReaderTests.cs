using System.Text.Json;
using MoeGen.Files;

namespace MoeGen.Tests.Files;

public class JsonObjectReaderTests
{
    [Fact]
    public void Values_AreRead()
    {
        JsonObjectReader reader = Reader(
            """{"text": "x", "i": -3, "l": 5000000000, "d": 0.5, "list": [1, 2], "ids": [[1], [2, 3]], "norms": [[0.5], []]}""");
        Assert.Equal("x", reader.Text("text", "a name"));
        Assert.Equal(-3, reader.Int32("i"));
        Assert.Equal(5_000_000_000, reader.Int64("l"));
        Assert.Equal(0.5, reader.Number("d"));
        Assert.Equal([1, 2], reader.Integers("list"));
        Assert.Equal([[1], [2, 3]], reader.IntegersByLayer("ids")!);
        Assert.Equal([[0.5f], []], reader.NumbersByLayer("norms")!);
        Assert.Equal((5_000_000_000, 0.5), (reader.OptionalInt64("l"), reader.OptionalNumber("d")));
    }

    [Fact]
    public void OptionalValues_MayBeMissing()
    {
        JsonObjectReader reader = Reader("{}");
        Assert.Null(reader.OptionalInt64("l"));
        Assert.Null(reader.OptionalNumber("d"));
        Assert.Null(reader.IntegersByLayer("ids"));
        Assert.Null(reader.NumbersByLayer("norms"));
    }

    [Theory]
    [InlineData("{}", "v is missing; expected an integer")]
    [InlineData("""{"v": 1.5}""", "v is 1.5; expected an integer")]
    [InlineData("""{"v": 3000000000}""", "v is 3000000000; expected an integer")]
    [InlineData("""{"v": "1"}""", "v is \"1\"; expected an integer")]
    [InlineData("""{"v": null}""", "v is null; expected an integer")]
    [InlineData("""{"v": "a text that would drown the message in itself"}""", "v is something else; expected an integer")]
    public void WrongInteger_IsRefused(string json, string fault) => AssertRefused(json, fault, reader => reader.Int32("v"));

    [Theory]
    [InlineData("""{"v": 1e999}""", "v is 1e999; expected a number")]
    [InlineData("""{"v": true}""", "v is true; expected a number")]
    public void WrongNumber_IsRefused(string json, string fault)
    {
        AssertRefused(json, fault, reader => reader.Number("v"));
        AssertRefused(json, fault, reader => reader.OptionalNumber("v"));
    }

    [Fact]
    public void WrongInt64_IsRefused() =>
        AssertRefused("""{"v": 1e30}""", "v is 1e30; expected an integer", reader => reader.OptionalInt64("v"));

    [Theory]
    [InlineData("""{"v": ""}""", "v is \"\"; expected a name")]
    [InlineData("""{"v": 5}""", "v is 5; expected a name")]
    public void WrongText_IsRefused(string json, string fault) => AssertRefused(json, fault, reader => reader.Text("v", "a name"));

    [Theory]
    [InlineData("{}", "v is missing; expected an array of integers")]
    [InlineData("""{"v": 5}""", "v is 5; expected an array of integers")]
    [InlineData("""{"v": [1, 2.5]}""", "v is [1, 2.5]; expected an array of integers")]
    public void WrongIntegers_AreRefused(string json, string fault) => AssertRefused(json, fault, reader => reader.Integers("v"));

    [Theory]
    [InlineData("""{"v": [1]}""")]
    [InlineData("""{"v": [[1], 2]}""")]
    [InlineData("""{"v": [[1], ["2"]]}""")]
    public void WrongTables_AreRefused(string json)
    {
        string found = json[6..^1];
        AssertRefused(
            json, $"v is {found}; expected an array of an array of integers for each layer", reader => reader.IntegersByLayer("v"));
        AssertRefused(
            json, $"v is {found}; expected an array of an array of numbers for each layer", reader => reader.NumbersByLayer("v"));
    }

    [Fact]
    public void Keys_AreKnownAndThereOnce()
    {
        Reader("""{"a": 1, "b": 2}""").CheckKeys(["a", "b", "c"], " unknown", " twice");
        AssertRefused("""{"a": 1, "d": 2}""", "has the key d unknown", Check);
        AssertRefused("""{"a": 1, "a": 2}""", "has the key a twice", Check);

        static object? Check(JsonObjectReader reader)
        {
            reader.CheckKeys(["a", "b"], " unknown", " twice");
            return null;
        }
    }

    private static JsonObjectReader Reader(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return new JsonObjectReader(document.RootElement.Clone(), fault => new FileFault(fault));
    }

    private static void AssertRefused(string json, string fault, Func<JsonObjectReader, object?> read) =>
        Assert.Equal(fault, Assert.Throws<FileFault>(() => read(Reader(json))).Message);
}
