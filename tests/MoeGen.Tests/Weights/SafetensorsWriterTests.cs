using System.Diagnostics;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class SafetensorsWriterTests
{
    [Fact]
    public void WhatIsWritten_IsRead()
    {
        using TemporaryFolder folder = new();
        string path = folder["x.safetensors"];
        using (
            SafetensorsWriter writer = new(
                path, [new("a", TensorType.I32, [2, 2]), new("ü", TensorType.U8, [3]), new("none", TensorType.F32, [0, 5])]))
        {
            writer.Write("ü", 1, [8, 9]);
            writer.Write("a", 0, [1, 0, 0, 0, 2, 0, 0, 0]);
            writer.Write("a", 8, [3, 0, 0, 0, 4, 0, 0, 0]);
            Assert.False(File.Exists(path));
            writer.Commit();
        }

        Assert.Equal([1, 2, 3, 4], TensorFile.ReadInts(path, "a"));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        byte[] bytes = new byte[3];
        file.Read(file.Tensors["ü"].Offset, bytes);
        Assert.Equal([0, 8, 9], bytes);
        Assert.Equal(0, file.Tensors["none"].Length);
    }

    [Fact]
    public void WithoutCommit_NothingIsLeft()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["x.safetensors"], "old");
        using (SafetensorsWriter writer = new(folder["x.safetensors"], [new("a", TensorType.U8, [1])]))
        {
            writer.Write("a", 0, [1]);
        }

        Assert.Equal("old", File.ReadAllText(folder["x.safetensors"]));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Link_IsFollowed_NotReplaced()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["target"], new string('x', 4096));
        File.CreateSymbolicLink(folder["link"], folder["target"]);
        File.CreateSymbolicLink(folder["dangling"], folder["new"]);
        foreach (string name in new[] { "link", "dangling" })
        {
            using SafetensorsWriter writer = new(folder[name], [new("a", TensorType.I32, [1])]);
            writer.Write("a", 0, [7, 0, 0, 0]);
            writer.Commit();
        }

        Assert.NotNull(new FileInfo(folder["link"]).LinkTarget);
        Assert.NotNull(new FileInfo(folder["dangling"]).LinkTarget);
        Assert.Equal([7], TensorFile.ReadInts(folder["target"], "a"));
        Assert.Equal([7], TensorFile.ReadInts(folder["new"], "a"));
    }

    [Fact]
    public async Task Pipe_ReceivesTheFile_AndStaysAPipe()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // has no named pipes in the file system
        }

        using TemporaryFolder folder = new();
        using (Process mkfifo = Process.Start("mkfifo", [folder["pipe"]]))
        {
            await mkfifo.WaitForExitAsync();
        }

        Task<byte[]> read = Task.Run(() => File.ReadAllBytes(folder["pipe"]));
        using (SafetensorsWriter writer = new(folder["pipe"], [new("a", TensorType.I32, [1])]))
        {
            writer.Write("a", 0, [7, 0, 0, 0]);
            writer.Commit();
        }

        await File.WriteAllBytesAsync(folder["copy"], await read.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal([7], TensorFile.ReadInts(folder["copy"], "a"));
        Assert.Equal(0, new FileInfo(folder["pipe"]).Length);
    }
}
