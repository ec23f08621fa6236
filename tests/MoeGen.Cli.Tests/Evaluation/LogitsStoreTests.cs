using MoeGen.Cli.Evaluation;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Evaluation;

public class LogitsStoreTests
{
    [Fact]
    public void Rows_ComeBackBitByBit()
    {
        using TemporaryFolder folder = new();
        using LogitsStore store = new(3, 2, folder.Path);
        float[] row = new float[2];
        store.Write(2, [5, float.Epsilon]);
        store.Write(0, [1, -0f]);
        store.Read(0, row);
        Assert.Equal([1, -0f], row);
        store.Read(2, row);
        Assert.Equal([5, float.Epsilon], row);
    }

    [Fact]
    public void File_HasNoNameAndIsGoneAtTheEnd()
    {
        using TemporaryFolder folder = new();
        LogitsStore store = new(3, 2, folder.Path);
        store.Write(0, [1, 2]);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Empty(Directory.GetFiles(folder.Path));
        }

        store.Dispose();
        Assert.Empty(Directory.GetFiles(folder.Path));
        Assert.Throws<ObjectDisposedException>(() => store.Write(0, [1, 2]));
    }

    [Fact]
    public void DiskThatIsTooSmall_IsRefusedBeforeAnythingIsWritten()
    {
        using TemporaryFolder folder = new();
        string message = Assert.Throws<CliException>(() => new LogitsStore(1000, 4096, folder.Path, freeBytes: 16_383_999)).Message;
        Assert.Contains("has 16383999 bytes free (15.6 MiB); expected 16384000 (15.6 MiB) for the logits of 1000 tokens", message);
        Assert.Contains("fewer --tokens", message);
        new LogitsStore(1000, 4096, folder.Path, freeBytes: 16_384_000).Dispose();
        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
