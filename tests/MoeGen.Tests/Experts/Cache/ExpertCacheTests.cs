using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>The cache with its threads: what a layer computes is what it asked for, whatever the disk does.</summary>
public sealed unsafe class ExpertCacheTests : IDisposable
{
    private const int NumLayers = 3;
    private const int NumExperts = 8;
    private const int TopK = 2;
    private const int MaxTokens = 6;

    private readonly FakeExperts _source = new();
    private readonly Routing _routing = new(NumExperts, TopK, MaxTokens);
    private readonly WorkerTeam _team = new(1);

    [Fact]
    public void Misses_ComeInLaterWaves()
    {
        using ExpertCache cache = Create(numSlots: 4);
        cache.StartPass(default);
        Assert.Equal([1, 2], Compute(cache, 0, [1, 2]).Order());
        using ReadGate gate = new();
        _source.OnRead = (_, _, _) => gate.Wait();
        Route([1, 2], [3, 4]);
        cache.StartLayer(0, _routing, isNewSequence: false);
        Assert.Equal([1, 2], WaveOf(cache).Order());
        Assert.False(cache.Wave.IsLast);
        gate.Open();
        List<int> later = [];
        while (!cache.Wave.IsLast)
        {
            cache.NextWave(default);
            later.AddRange(WaveOf(cache));
        }

        Assert.Equal([3, 4], later.Order());
        cache.EndPass(isComplete: true);
        OffloadingStatistics statistics = cache.Statistics;
        Assert.Equal((2, 0, 4), (statistics.Hits, statistics.LateHits, statistics.Misses));
        Assert.Equal(4 * 2 * FakeExperts.PieceBytes, statistics.DemandBytes);
    }

    [Fact]
    public void MoreExpertsThanSlots_AreComputedInWaves()
    {
        using ExpertCache cache = Create(numSlots: 2);
        cache.StartPass(default);
        Assert.Equal(Enumerable.Range(0, NumExperts), Compute(cache, 0, [0, 1], [2, 3], [4, 5], [6, 7]).Order());
        cache.EndPass(isComplete: true);
    }

    [Fact]
    public void FailingRead_IsTriedAgain()
    {
        using ExpertCache cache = Create(numSlots: 4);
        _source.Fail(layer: 1, expert: 5, piece: 1, times: 2);
        cache.StartPass(default);
        Assert.Equal([5, 6], Compute(cache, 1, [5, 6]).Order());
        cache.EndPass(isComplete: true);
        Assert.Equal(2, cache.Statistics.Retries);
    }

    [Fact]
    public void BrokenRead_IsOneErrorAndTheCacheGoesOn()
    {
        using ExpertCache cache = Create(numSlots: 4);
        _source.Fail(layer: 1, expert: 5, piece: 0, times: 3);
        cache.StartPass(default);
        ExpertReadException exception = Assert.Throws<ExpertReadException>(() => Compute(cache, 1, [5, 6]));
        cache.EndPass(isComplete: false);
        Assert.Equal((1, 5), (exception.Layer, exception.Expert));
        Assert.Contains("could not be read in 3 attempts: the disk is on fire", exception.Message);

        cache.StartPass(default);
        Assert.Equal([5, 6], Compute(cache, 1, [5, 6]).Order());
        cache.EndPass(isComplete: true);
    }

    [Fact]
    public void Interruption_EndsTheWait()
    {
        using CancellationTokenSource interrupt = new(); // goes after the cache, whose last reader may come to it late
        using ExpertCache cache = Create(numSlots: 4);
        using ReadGate gate = new();
        _source.OnRead = (_, _, _) =>
        {
            interrupt.Cancel();
            gate.Wait();
        };
        cache.StartPass(default);
        Route([0, 1]);
        cache.StartLayer(0, _routing, isNewSequence: false);
        Assert.ThrowsAny<OperationCanceledException>(() => cache.NextWave(interrupt.Token));
        cache.EndPass(isComplete: false);
        gate.Open();
        _source.OnRead = (_, _, _) => { };
        cache.StartPass(default);
        Assert.Equal([0, 1], Compute(cache, 0, [0, 1]).Order());
        cache.EndPass(isComplete: true);
    }

    [Fact]
    public void AllResident_ReadsNothingAndClosesTheFiles()
    {
        using ExpertCache cache = Create(numSlots: NumLayers * NumExperts);
        cache.AdmitAll();
        Assert.True(_source.IsDisposed);
        cache.StartPass(default);
        Route([0, 1], [6, 7]);
        cache.StartLayer(2, _routing, isNewSequence: false);
        Assert.True(cache.Wave.IsLast);
        Assert.Equal([0, 1, 6, 7], Enumerable.Range(0, cache.Wave.Count).Select(cache.Wave.ExpertAt));
        cache.EndPass(isComplete: true);
        Assert.Equal(4, cache.Statistics.Hits);
    }

    [Fact]
    public void SmallerBudget_OpensTheFilesAgain()
    {
        using ExpertCache cache = Create(numSlots: NumLayers * NumExperts);
        for (int layer = 0; layer < NumLayers; layer++)
        {
            for (int expert = 0; expert < NumExperts; expert++)
            {
                new Span<byte>(cache.Address(layer, expert), 2 * FakeExperts.PieceBytes).Fill(FakeExperts.Mark(layer, expert));
            }
        }

        cache.AdmitAll();
        cache.Resize(2);
        for (int pass = 0; pass < 10; pass++)
        {
            cache.StartPass(default);
            for (int layer = 0; layer < NumLayers; layer++)
            {
                _ = Compute(cache, layer, [pass % NumExperts, (pass + 3) % NumExperts]);
            }

            cache.EndPass(isComplete: true);
        }

        Assert.Equal(2, cache.Statistics.NumSlots);
        Assert.True(cache.Statistics.Misses > 0);
    }

    [Fact]
    public void Hits_AllocateNothing()
    {
        using ExpertCache cache = Create(numSlots: 4);
        cache.StartPass(default);
        Route([1, 2]);
        for (int i = 0; i < 100; i++)
        {
            _ = Step(cache);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        int computed = 0;
        for (int i = 0; i < 100; i++)
        {
            computed += Step(cache);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(200, computed);
    }

    [Fact]
    public void Misses_AllocateNothing()
    {
        using ExpertCache cache = Create(numSlots: 2);
        cache.StartPass(default);
        long allocated = 0;
        for (int i = 0; i < 200; i++)
        {
            Route([i % NumExperts, (i + 1) % NumExperts]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = Step(cache);
            allocated += i < 100 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    /// <summary>Slow and failing reads, interruptions and changes of the budget in random order: what is computed is always right.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomPasses_ComputeWhatTheyAskedFor(int seed)
    {
        Random random = new(seed), reads = new(seed + 100);
        using ExpertCache cache = Create(numSlots: 3, readers: 1 + (seed % 4));
        _source.OnRead = (_, _, _) =>
        {
            int dice;
            lock (reads)
            {
                dice = reads.Next(200);
            }

            if (dice == 0)
            {
                throw new IOException("a hiccup");
            }

            Thread.SpinWait(dice * 20);
        };
        int failed = 0;
        for (int pass = 0; pass < 300; pass++)
        {
            if (random.Next(20) == 0)
            {
                cache.Resize(random.Next(2, 9));
            }

            if (random.Next(30) == 0)
            {
                _source.Fail(random.Next(NumLayers), random.Next(NumExperts), random.Next(2), times: 3);
            }

            cache.StartPass(default);
            bool isComplete = false;
            try
            {
                for (int layer = 0; layer < NumLayers; layer++)
                {
                    for (int i = 0; i < 3; i++)
                    {
                        cache.RequestPrefetch(cache.Pass, random.Next(NumLayers), random.Next(NumExperts), random.NextSingle());
                    }

                    int[][] choices = [.. Enumerable.Range(0, random.Next(1, MaxTokens + 1))
                        .Select(_ => Enumerable.Range(0, NumExperts).OrderBy(_ => random.Next()).Take(TopK).ToArray())];
                    Assert.Equal(choices.SelectMany(choice => choice).Distinct().Order(), Compute(cache, layer, choices).Order());
                }

                isComplete = true;
            }
            catch (ExpertReadException)
            {
                failed++;
            }
            finally
            {
                cache.EndPass(isComplete);
            }
        }

        Assert.InRange(failed, 1, 100);
    }

    public void Dispose()
    {
        _team.Dispose();
        _routing.Dispose();
    }

    private static List<int> WaveOf(ExpertCache cache) => [.. Enumerable.Range(0, cache.Wave.Count).Select(cache.Wave.ExpertAt)];

    private ExpertCache Create(int numSlots, int readers = 2)
    {
        MoeOptions options = new() { Offloading = Offloading.Lru(), Readers = readers };
        return new ExpertCache(FakeExperts.Info(NumLayers, NumExperts, TopK), _source, () => new FakeExperts(), numSlots, options);
    }

    private void Route(params int[][] choices)
    {
        for (int token = 0; token < choices.Length; token++)
        {
            choices[token].CopyTo(_routing.TopKIds(token));
        }

        _team.Run(worker => _routing.GroupByExpert(choices.Length, worker));
    }

    // the experts of a layer in the order in which they are computed; each one's bytes are looked at
    private List<int> Compute(ExpertCache cache, int layer, params int[][] choices)
    {
        Route(choices);
        List<int> computed = [];
        cache.StartLayer(layer, _routing, isNewSequence: false);
        while (true)
        {
            foreach (ChosenExpert chosen in new ChosenExperts(cache, _routing))
            {
                ReadOnlySpan<float> floats = chosen.Slot.Vector(0, 2 * FakeExperts.PieceBytes / sizeof(float)).Values;
                byte mark = FakeExperts.Mark(layer, chosen.Id);
                Assert.Equal(-1, System.Runtime.InteropServices.MemoryMarshal.AsBytes(floats).IndexOfAnyExcept(mark));
                computed.Add(chosen.Id);
            }

            if (cache.Wave.IsLast)
            {
                return computed;
            }

            cache.NextWave(default);
        }
    }

    private int Step(ExpertCache cache)
    {
        cache.StartLayer(0, _routing, isNewSequence: false);
        int computed = cache.Wave.Count;
        while (!cache.Wave.IsLast)
        {
            cache.NextWave(default);
            computed += cache.Wave.Count;
        }

        return computed;
    }
}
