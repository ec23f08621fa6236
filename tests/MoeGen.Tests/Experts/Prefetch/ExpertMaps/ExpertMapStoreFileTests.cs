using System.Runtime.InteropServices;
using System.Text;
using MoeGen.Experts;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class ExpertMapStoreFileTests
{
    private const ushort One = 0x3F80, Half = 0x3F00, MinusHalf = 0xBF00, NaN = 0x7FC0, Infinity = 0x7F80; // bfloat16
    private static readonly PrefetchSetup s_setup = new(new ExpertGrid(2, 2, 1), 2, "0123456789abcdef");

    [Fact]
    public void WhatIsSaved_IsLoaded()
    {
        using TemporaryFolder folder = new();
        using StoreCase c = new StoreCase(3, 5, 7, capacity: 9).Fill(6);
        c.Add(new float[7], new float[15]);
        string path = folder["new/maps.safetensors"];
        c.Store.Save(path);
        using ExpertMapStore loaded = ExpertMapStore.Load(path, c.Setup, 7);
        Assert.Equal(7, loaded.Count);
        Assert.Equal(c.Store.EmbeddingScales.ToArray(), loaded.EmbeddingScales.ToArray());
        float[] expected = new float[5], found = new float[5];
        for (int row = 0; row < 7; row++)
        {
            for (int layer = 0; layer < 3; layer++)
            {
                Assert.Equal(c.Store.Read(row, layer, expected), loaded.Read(row, layer, found));
                Assert.Equal(expected, found);
                Assert.Equal(c.Store.PrefixScales(layer)[row], loaded.PrefixScales(layer)[row]);
            }
        }

        float[] query = c.NewEmbedding();
        Assert.Equal(new SemanticSearch(c.Store, c.Store.Capacity).Find(query), new SemanticSearch(loaded, loaded.Capacity).Find(query));
        Assert.Equal(["new"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
        Assert.Single(Directory.GetFileSystemEntries(folder["new"]));
    }

    [Fact]
    public void EmptyStore_IsSavedAndLoaded()
    {
        using TemporaryFolder folder = new();
        using ExpertMapStore store = new(s_setup, 4);
        store.Save(folder["x"]);
        using ExpertMapStore loaded = ExpertMapStore.Load(folder["x"], s_setup, 4);
        Assert.Equal(0, loaded.Count);
    }

    [Fact]
    public void GoodFile_IsLoaded()
    {
        using TemporaryFolder folder = new();
        using ExpertMapStore store = ExpertMapStore.Load(Write(folder), s_setup, 4);
        Assert.Equal(1, store.Count);
    }

    [Theory]
    [InlineData(NaN, Half, "map 0 holds NaN in layer 0; expected probabilities")]
    [InlineData(MinusHalf, One, "map 0 holds -0.5 in layer 0; expected probabilities")]
    [InlineData(Half, 0, "map 0 sums to 0.5 in layer 0; expected 1, or 0 where the layer was not walked")]
    [InlineData(One, Half, "map 0 sums to 1.5 in layer 0; expected 1, or 0 where the layer was not walked")]
    [InlineData(Infinity, 0, "map 0 sums to Infinity in layer 0; expected 1, or 0 where the layer was not walked")]
    public void WrongDistribution_IsRefused(ushort first, ushort second, string fault)
    {
        using TemporaryFolder folder = new();
        AssertRefused(Write(folder, maps: [first, second, One, 0]), fault + ". Delete the file to start anew.");
    }

    [Theory]
    [InlineData(NaN, 0, "NaN")]
    [InlineData(Infinity, 0, "Infinity")]
    [InlineData(Half, 0, "0.5")]
    [InlineData(One, One, "1.414")]
    public void WrongEmbedding_IsRefused(ushort first, ushort second, string length)
    {
        using TemporaryFolder folder = new();
        AssertRefused(
            Write(folder, embeddings: [first, second]),
            $"embedding 0 has the length {length}; expected 1, or 0. Delete the file to start anew.");
    }

    [Fact]
    public void LayerOfZeros_IsNoFault()
    {
        using TemporaryFolder folder = new();
        using ExpertMapStore store = ExpertMapStore.Load(Write(folder, maps: [0, 0, One, 0]), s_setup, 4);
        Assert.False(store.Read(0, 0, new float[2]));
    }

    [Fact]
    public void OtherModel_IsRefused()
    {
        using TemporaryFolder folder = new();
        AssertRefused(
            Write(folder, fingerprint: "fedcba9876543210"),
            "holds the maps of the model fedcba9876543210; expected those of 0123456789abcdef. Give every model a file of its own.");
    }

    [Fact]
    public void OtherShapes_AreRefused()
    {
        using TemporaryFolder folder = new();
        const string Remedy = "a store of expert maps of this model. Delete the file to start anew.";
        AssertRefused(
            Write(folder, embeddings: [One], embeddingsShape: [1, 1]),
            $"tensor embeddings is BF16 [1, 1]; expected BF16 [any, 2], {Remedy}");
        AssertRefused(
            Write(folder, maps: [One, 0], mapsShape: [1, 1, 2]), $"tensor maps is BF16 [1, 1, 2]; expected BF16 [1, 2, 2], {Remedy}");
        AssertRefused(
            Write(folder, maps: [One, 0, One, 0], mapsShape: [2, 2]), $"tensor maps is BF16 [2, 2]; expected BF16 [1, 2, 2], {Remedy}");
    }

    [Fact]
    public void AnotherFile_IsRefused()
    {
        using TemporaryFolder folder = new();
        TensorFile.Write(folder["x"], WeightFormat.F32, [("weight", [1], [1])]);
        AssertRefused(
            folder["x"],
            "tensor fingerprint is missing; expected U8 [any], a store of expert maps of this model. Delete the file to start anew.");
    }

    [Fact]
    public void MoreMapsThanTheCapacity_AreRefused()
    {
        using TemporaryFolder folder = new();
        using StoreCase c = new StoreCase(2, 2, 2, capacity: 8).Fill(5);
        c.Store.Save(folder["x"]);
        AssertRefused(folder["x"], "holds 5 maps; expected at most 4. Set Capacity of ExpertMapOptions to 5 or more.");
    }

    [Fact]
    public void EveryTruncation_IsRefusedInOneLine()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = File.ReadAllBytes(Write(folder));
        for (int length = 0; length < bytes.Length; length++)
        {
            folder.Write("cut", bytes[..length]);
            MoeGenException fault = Assert.ThrowsAny<MoeGenException>(() => ExpertMapStore.Load(folder["cut"], s_setup, 4));
            Assert.StartsWith(folder["cut"] + ": ", fault.Message);
            Assert.DoesNotContain('\n', fault.Message);
        }
    }

    private static void AssertRefused(string path, string fault)
    {
        ExpertMapStoreException exception = Assert.Throws<ExpertMapStoreException>(() => ExpertMapStore.Load(path, s_setup, 4));
        Assert.Equal($"{path}: {fault}", exception.Message);
        Assert.Equal(path, exception.File);
    }

    private static string Write(
        TemporaryFolder folder,
        ushort[]? embeddings = null,
        ushort[]? maps = null,
        string fingerprint = "0123456789abcdef",
        long[]? embeddingsShape = null,
        long[]? mapsShape = null)
    {
        string path = folder["maps.safetensors"];
        using SafetensorsWriter writer = new(
            path,
            [
                new("embeddings", TensorType.BF16, embeddingsShape ?? [1, 2]),
                new("maps", TensorType.BF16, mapsShape ?? [1, 2, 2]),
                new("fingerprint", TensorType.U8, [fingerprint.Length]),
            ]);
        writer.Write("embeddings", 0, MemoryMarshal.AsBytes((embeddings ?? [One, 0]).AsSpan()));
        writer.Write("maps", 0, MemoryMarshal.AsBytes((maps ?? [Half, Half, One, 0]).AsSpan()));
        writer.Write("fingerprint", 0, Encoding.UTF8.GetBytes(fingerprint));
        writer.Commit();
        return path;
    }
}
