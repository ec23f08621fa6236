using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers.Models;

public class WordCacheTests
{
    [Fact]
    public void TryGet_ReturnsWhatWasAdded()
    {
        WordCache cache = new();
        cache.Add("word", [1, 2]);

        Assert.True(cache.TryGet("word", out ReadOnlySpan<int> ids));
        Assert.Equal([1, 2], ids);
        Assert.False(cache.TryGet("wor", out _));
    }

    [Fact]
    public void Add_StopsAtItsBound()
    {
        WordCache cache = new();
        for (int i = 0; i < 20_000; i++)
        {
            cache.Add($"word {i}", [i]);
        }

        Assert.True(cache.TryGet("word 16383", out _));
        Assert.False(cache.TryGet("word 16384", out _));
    }

    [Fact]
    public void Add_LeavesLongWordsOut()
    {
        WordCache cache = new();
        cache.Add(new string('x', 33), [1]);

        Assert.False(cache.TryGet(new string('x', 33), out _));
    }
}
