using System.Runtime.InteropServices;
using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Kernels;
using MoeGen.Tests.Experts.Cache;
using MoeGen.Tests.Kernels;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

/// <summary>The selection with the cache and its threads: what competes is in memory, whatever the disk does.</summary>
public sealed unsafe class SwappingCacheTests : IDisposable
{
    private const int NumLayers = 3;
    private const int NumExperts = 8;
    private const int TopK = 2;
    private const int MaxTokens = 4;

    private readonly FakeExperts _source = new();
    private readonly Routing _routing = new(NumExperts, TopK, MaxTokens);
    private readonly WorkerTeam _team = new(1);
    private readonly NativeFloats _memory;
    private readonly Activations _inputs;

    public SwappingCacheTests()
    {
        _memory = NativeFloats.Rows([.. Enumerable.Repeat<float[]>([1, 1], MaxTokens)], 2, out _inputs);
    }

    /// <summary>Slow and failing reads, prompts, interruptions and changes of the budget in random order.</summary>
    [Theory]
    [InlineData(1, SwapPrompt.Exact)]
    [InlineData(2, SwapPrompt.Exact)]
    [InlineData(3, SwapPrompt.Exact)]
    [InlineData(4, SwapPrompt.Exact)]
    [InlineData(1, SwapPrompt.Masked)]
    [InlineData(2, SwapPrompt.Masked)]
    [InlineData(3, SwapPrompt.Masked)]
    public void RandomPasses_ComputeWhatTheyChose_AndStepsNeverWait(int seed, SwapPrompt prompt)
    {
        Random random = new(seed), reads = new(seed + 100);
        SwapOptions options = new() { SpareSlots = 1 + (seed % 3), Hysteresis = 0, Decay = seed % 2 == 0 ? 0 : 0.9, Prompt = prompt };
        using ExpertCache cache = Create(options, numSlots: 10);
        _source.OnRead = (_, _, _) =>
        {
            int dice;
            lock (reads)
            {
                dice = reads.Next(100);
            }

            if (dice == 0)
            {
                throw new IOException("a hiccup");
            }

            Thread.SpinWait(dice * 20);
        };
        int faults = 0;
        for (int pass = 0; pass < 400; pass++)
        {
            if (random.Next(25) == 0)
            {
                cache.Resize(random.Next(NumLayers + options.SpareSlots, (NumLayers * NumExperts) + 1));
            }

            if (random.Next(10) == 0)
            {
                _source.Fail(random.Next(NumLayers), random.Next(NumExperts), random.Next(2), times: 3);
            }

            // prompts come in up to three parts, and steps of other texts between them
            bool isPrompt = random.Next(4) == 0;
            OffloadingStatistics before = cache.Statistics;
            cache.StartPass(new SelectionPass(isPrompt ? Segments.Prompt(1, isNewSequence: random.Next(3) == 0) : Segments.Step));

            // an interrupted pass ends behind any layer, and one that cannot read an expert within one
            int numLayers = random.Next(8) == 0 ? random.Next(NumLayers) : NumLayers;
            bool isComplete = numLayers == NumLayers;
            try
            {
                for (int layer = 0; layer < numLayers; layer++)
                {
                    RunLayer(cache, layer, random);
                }
            }
            catch (Exception exception) when (isPrompt && exception is ExpertReadException)
            {
                isComplete = false;
                faults++;
            }

            cache.EndPass(isComplete);
            if (isComplete)
            {
                Assert.False(cache.IsToBeRepeated(Segments.Step[0], default));
            }

            OffloadingStatistics after = cache.Statistics.Since(before);
            if (!isPrompt || prompt == SwapPrompt.Masked)
            {
                Assert.Equal((0, 0, TimeSpan.Zero), (after.LateHits, after.Misses, after.StallTime));
            }
            else
            {
                Assert.Equal(0, after.SkippedChoices);
            }

            Thread.SpinWait(random.Next(20000));
        }

        OffloadingStatistics statistics = cache.Statistics;
        Assert.Equal(0, statistics.PrefetchBytes);
        Assert.Equal(prompt == SwapPrompt.Exact, statistics.DemandBytes > 0);
        Assert.Equal(prompt == SwapPrompt.Exact, faults > 0);
        Assert.True(statistics.Swaps > 0);

        // reads of prompts meet most of the faults that were laid
        Assert.True(prompt == SwapPrompt.Exact || statistics.FailedSwaps > 0);
        Assert.True(statistics.SwapBytes >= statistics.Swaps * 2 * FakeExperts.PieceBytes);
        Assert.True(statistics.SkippedShare > 0);
    }

    [Fact]
    public void Pass_DoesNotWaitForACopyThatTakesForever()
    {
        using ExpertCache cache = Create(new SwapOptions(), numSlots: 7);
        using ReadGate gate = new();
        _source.OnRead = (_, _, _) => gate.Wait();
        Random random = new(7);
        for (int pass = 0; pass < 20; pass++)
        {
            cache.StartPass(new SelectionPass(Segments.Step));
            RunLayer(cache, pass % NumLayers, random);
            cache.EndPass(isComplete: true);
        }

        Assert.Equal(0, cache.Statistics.Swaps);
        gate.Open();
        while (cache.Statistics.Swaps == 0)
        {
            cache.StartPass(new SelectionPass(Segments.Step));
            RunLayer(cache, 0, random);
            cache.EndPass(isComplete: true);
        }

        Assert.Equal(0, cache.Statistics.Misses);
    }

    [Fact]
    public void SynchronousUpdate_WaitsAndCountsTheWait()
    {
        using ExpertCache cache = Create(new SwapOptions { IsSynchronous = true, Decay = 0 }, numSlots: 7);
        Random random = new(7);
        for (int pass = 0; pass < 20; pass++)
        {
            cache.StartPass(new SelectionPass(Segments.Step));
            for (int layer = 0; layer < NumLayers; layer++)
            {
                RunLayer(cache, layer, random);
            }

            cache.EndPass(isComplete: true);
        }

        Assert.Equal(0, cache.Statistics.Misses);
        Assert.True(cache.Statistics.Swaps > 0);
        Assert.True(cache.Statistics.StallTime > TimeSpan.Zero);
    }

    [Fact]
    public void ResidentModel_IsShrunkAndGrownWithoutAMiss()
    {
        using ExpertCache cache = Create(new SwapOptions(), NumLayers * NumExperts);
        Random random = new(11);
        foreach (int numSlots in new[] { 24, 4, 24, 12, 23, 24 })
        {
            cache.Resize(numSlots);
            for (int pass = 0; pass < 10; pass++)
            {
                cache.StartPass(new SelectionPass(Segments.Step));
                for (int layer = 0; layer < NumLayers; layer++)
                {
                    RunLayer(cache, layer, random);
                }

                cache.EndPass(isComplete: true);
                Assert.True(cache.Statistics.NumSlots >= numSlots);
            }
        }

        Assert.Equal((0, 0), (cache.Statistics.Misses, cache.Statistics.LateHits));

        // in the end everything competes again
        IResidentSelection selection = (IResidentSelection)cache.Selection!;
        while (Enumerable.Range(0, NumLayers).Any(layer => selection.Competing(layer).Contains(false)))
        {
            cache.StartPass(new SelectionPass(Segments.Step));
            cache.EndPass(isComplete: true);
        }

        long skipped = cache.Statistics.SkippedChoices;
        cache.StartPass(new SelectionPass(Segments.Step));
        RunLayer(cache, 0, random);
        cache.EndPass(isComplete: true);
        Assert.Equal(skipped, cache.Statistics.SkippedChoices);
    }

    public void Dispose()
    {
        _team.Dispose();
        _routing.Dispose();
        _memory.Dispose();
    }

    // routes tokens at random, lets only those run that compete, and looks at the bytes of each expert that runs
    private void RunLayer(ExpertCache cache, int layer, Random random)
    {
        ReadOnlySpan<bool> competing = cache.Selection!.Competing(layer);
        int numTokens = random.Next(1, MaxTokens + 1);
        for (int token = 0; token < numTokens; token++)
        {
            int first = random.Next(NumExperts), second = (first + random.Next(1, NumExperts)) % NumExperts;
            Span<int> wanted = _routing.RouterIds(token), chosen = _routing.TopKIds(token);
            (wanted[0], wanted[1]) = (first, second);
            _routing.RouterWeights(token).Fill(random.NextSingle());
            for (int k = 0; k < TopK; k++)
            {
                chosen[k] = competing.IsEmpty || competing[wanted[k]] ? wanted[k] : Routing.Dropped;
            }
        }

        _team.Run(worker => _routing.GroupByExpert(numTokens, worker));
        int numChosen = Enumerable.Range(0, NumExperts).Count(_routing.IsChosen), numRun = 0;
        cache.OnSelected(layer, _routing, _inputs, numTokens);
        cache.StartLayer(layer, _routing, isNewSequence: false);
        Assert.True(competing.IsEmpty || cache.Wave.IsLast);
        while (true)
        {
            foreach (ChosenExpert expert in new ChosenExperts(cache, _routing))
            {
                ReadOnlySpan<float> floats = expert.Slot.Vector(0, 2 * FakeExperts.PieceBytes / sizeof(float)).Values;
                Assert.Equal(-1, MemoryMarshal.AsBytes(floats).IndexOfAnyExcept(FakeExperts.Mark(layer, expert.Id)));
                numRun++;
            }

            if (cache.Wave.IsLast)
            {
                break;
            }

            cache.NextWave(CancellationToken.None);
        }

        Assert.Equal(numChosen, numRun);
    }

    private ExpertCache Create(SwapOptions options, int numSlots)
    {
        MoeOptions moeOptions = new() { Offloading = Offloading.SwapMoE(options), Readers = 2 };
        ExpertCache cache = new(
            FakeExperts.Info(NumLayers, NumExperts, TopK), _source, () => _source, numSlots, moeOptions);
        float[] norms = [.. Enumerable.Repeat(1f, NumLayers * NumExperts)];
        int[] first = ((IResidentSelection)cache.Selection!).Start(cache, numSlots, norms);
        for (int slot = 0; slot < first.Length; slot++)
        {
            byte mark = FakeExperts.Mark(first[slot] / NumExperts, first[slot] % NumExperts);
            new Span<byte>(cache.Address(slot), 2 * FakeExperts.PieceBytes).Fill(mark);
        }

        if (numSlots == NumLayers * NumExperts)
        {
            cache.AdmitAll();
        }
        else
        {
            cache.Admit(first);
        }

        _routing.Use(cache);
        return cache;
    }
}
