using MoeGen.Experts;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class ExpertMapStoreTests
{
    [Fact]
    public void WhatIsPut_IsRead_RoundedToBfloat16()
    {
        using StoreCase c = new StoreCase(3, 5, 8, capacity: 4).Fill(3);
        float[] read = new float[5];
        for (int row = 0; row < 3; row++)
        {
            for (int layer = 0; layer < 3; layer++)
            {
                Assert.True(c.Store.Read(row, layer, read));
                ReadOnlySpan<float> put = c.Row(c.Maps[row], layer);
                for (int expert = 0; expert < 5; expert++)
                {
                    // half of the last of 8 bits
                    Assert.Equal(put[expert], read[expert], put[expert] / 256);
                }
            }
        }
    }

    [Fact]
    public void Version_ChangesWithEveryMap()
    {
        using StoreCase c = new(2, 3, 4, capacity: 2);
        Assert.Equal((0, 0L), (c.Store.Count, c.Store.Version));
        c.Fill(2);
        Assert.Equal((2, 2L), (c.Store.Count, c.Store.Version));
        c.Store.Put(0, c.NewEmbedding(), c.NewMap());
        Assert.Equal((2, 3L), (c.Store.Count, c.Store.Version));
    }

    [Fact]
    public void LayerThatWasNotWalked_IsZero()
    {
        using StoreCase c = new(2, 3, 4, capacity: 1);
        c.Add(c.NewEmbedding(), [0, 0, 0, 0.5f, 0.25f, 0.25f]);
        float[] read = [9, 9, 9];
        Assert.False(c.Store.Read(0, 0, read));
        Assert.Equal([0, 0, 0], read);
        Assert.True(c.Store.Read(0, 1, read));
        Assert.Equal(0, c.Store.PrefixScales(0)[0]);

        // 1 / sqrt(.25 + .0625 + .0625)
        Assert.Equal(1 / Math.Sqrt(0.375), c.Store.PrefixScales(1)[0], 1e-6);
    }

    [Fact]
    public void RowsOutOfRange_AreRefused()
    {
        using StoreCase c = new StoreCase(1, 2, 2, capacity: 2).Fill(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => c.Store.Put(2, c.NewEmbedding(), c.NewMap()));
        c.Fill(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => c.Store.Put(2, c.NewEmbedding(), c.NewMap()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExpertMapStore(c.Setup, 0));
    }

    [Fact]
    public void Size_IsThatOfBfloat16Rows()
    {
        // 24 layers of 60 experts, filled up to 64, and 2048 elements: 1000 x (24 x 64 + 2048) x 2 bytes, 25 lengths of
        // 4 bytes and a sketch of 64
        PrefetchSetup setup = new(new ExpertGrid(24, 60, 4), 2048, "");
        using ExpertMapStore store = new(setup, 1000);
        Assert.Equal((1000 * ((24 * 64) + 2048) * 2) + (1000 * ((25 * 4) + 64)), store.SizeInBytes);
    }
}
