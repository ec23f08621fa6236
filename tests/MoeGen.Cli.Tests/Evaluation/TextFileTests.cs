using MoeGen.Cli.Evaluation;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Evaluation;

public sealed class TextFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Texts_AreNamedAfterTheirFiles()
    {
        _folder.Write("a.b.txt", "Grüße");
        _folder.Write("c.txt", [0xEF, 0xBB, 0xBF, .. "with a mark"u8]);
        Assert.Equal(
            [new TextFile("a.b", _folder["a.b.txt"], "Grüße"), new TextFile("c", _folder["c.txt"], "with a mark")],
            TextFile.ReadAll([_folder["a.b.txt"], _folder["c.txt"]]));
    }

    [Fact]
    public void FilesOfOneName_AreCalledByTheirPaths()
    {
        Directory.CreateDirectory(_folder["other"]);
        string[] paths = [_folder["a.txt"], _folder["other/a.txt"]];
        Assert.All(paths, path => File.WriteAllText(path, "text"));
        Assert.Equal(paths, TextFile.ReadAll(paths).Select(file => file.Name));
    }

    [Fact]
    public void BadFiles_AreRefusedInALine()
    {
        Refuses("missing.txt", "does not exist; expected a text file");
        Refuses("", "is a folder; expected a text file");
        _folder.Write("empty.txt", "");
        Refuses("empty.txt", "is empty; expected a text");
        _folder.Write("mark.txt", [0xEF, 0xBB, 0xBF]);
        Refuses("mark.txt", "is empty; expected a text");
        _folder.Write("latin.txt", [.. "Gr"u8, 0xFC, .. "n"u8]);
        Refuses("latin.txt", "byte 2 is not UTF-8; expected a text file in UTF-8");
        _folder.Write("marked.txt", [0xEF, 0xBB, 0xBF, .. "Gr"u8, 0xFC]);
        Refuses("marked.txt", "byte 5 is not UTF-8; expected a text file in UTF-8");
    }

    [Fact]
    public void TextThatIsNamedTwice_IsRefused()
    {
        _folder.Write("a.txt", "text");
        Assert.Equal(
            $"{_folder["a.txt"]}: is named 2 times; expected every text once",
            Assert.Throws<CliException>(() => TextFile.ReadAll([_folder["a.txt"], _folder["a.txt"]])).Message);
    }

    public void Dispose() => _folder.Dispose();

    private void Refuses(string name, string message) =>
        Assert.Equal($"{_folder[name]}: {message}", Assert.Throws<CliException>(() => TextFile.ReadAll([_folder[name]])).Message);
}
