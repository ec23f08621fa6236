using MoeGen.Files;
using MoeGen.Testing;

namespace MoeGen.Tests.Files;

public sealed class JsonObjectFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder["object.json"];

    [Fact]
    public void Written_IsRead()
    {
        JsonObjectFile.Write(FilePath, isIndented: false, json => json.WriteNumber("a", 3));
        Assert.Equal("{\"a\":3}", File.ReadAllText(FilePath));
        Assert.Equal(3, Read());
    }

    [Fact]
    public void Indented_HasALineForEachMember()
    {
        JsonObjectFile.Write(FilePath, isIndented: true, json =>
        {
            json.WriteNumber("a", 3);
            json.WriteNumber("b", 4);
        });
        Assert.Equal(4, File.ReadAllLines(FilePath).Length);
    }

    [Fact]
    public void FileThatIsThere_IsReplaced_AndNothingElseIsLeft()
    {
        _folder.Write("object.json", "something much longer than what comes");
        JsonObjectFile.Write(FilePath, isIndented: false, json => json.WriteNumber("a", 3));
        Assert.Equal(3, Read());
        Assert.Equal([FilePath], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void WritingThatFails_LeavesTheOldFile()
    {
        _folder.Write("object.json", "{\"a\": 1}");
        Assert.Throws<FormatException>(() => JsonObjectFile.Write(FilePath, isIndented: false, json =>
        {
            json.WriteNumber("a", 3);
            throw new FormatException();
        }));
        Assert.Equal(1, Read());
        Assert.Equal([FilePath], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("{\"a\": 1,\n  oops}", "is not JSON at line 2; expected a number")]
    [InlineData("", "is not JSON at line 1; expected a number")]
    [InlineData("[1]", "is no JSON object; expected a number")]
    [InlineData("{\"a\": 1, \"b\": \"is longer than the bound of this test allows\"}", "has 61 bytes; expected at most 60, a number")]
    public void SomethingElse_IsRefused(string content, string fault)
    {
        _folder.Write("object.json", content);
        Assert.Equal(fault, Assert.Throws<FileFault>(() => Read()).Message);
    }

    [Fact]
    public void MissingFile_IsAnErrorOfTheDisk() => Assert.Throws<FileNotFoundException>(() => Read());

    public void Dispose() => _folder.Dispose();

    private int Read() => JsonObjectFile.Read(
        FilePath, maxBytes: 60, "a number", fault => new FileFault(fault), root => root.GetProperty("a").GetInt32());
}
