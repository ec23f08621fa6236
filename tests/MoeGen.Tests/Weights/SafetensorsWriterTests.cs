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
}
