using MoeGen.Cli.Output;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Output;

public class WholeFileTests
{
    [Fact]
    public void File_IsReplacedAsAWhole()
    {
        using TemporaryFolder folder = new();
        folder.Write("page", "old and longer");
        WholeFile.Write(folder["page"], "new");
        Assert.Equal("new", File.ReadAllText(folder["page"]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void FailedWrite_LeavesNothing()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["page"]);
        Assert.ThrowsAny<Exception>(() => WholeFile.Write(folder["page"], "text"));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Link_IsWrittenInto()
    {
        using TemporaryFolder folder = new();
        folder.Write("target", "old");
        File.CreateSymbolicLink(folder["link"], folder["target"]);
        WholeFile.Write(folder["link"], "new");
        Assert.Equal("new", File.ReadAllText(folder["target"]));
        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
    }
}
