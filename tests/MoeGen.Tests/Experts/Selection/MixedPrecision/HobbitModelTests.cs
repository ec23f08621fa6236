using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection.MixedPrecision;
using MoeGen.Models;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Experts.Selection.MixedPrecision;

/// <summary>The demo model with twins: exact where nothing else is allowed, quantised where everything is, and never broken.</summary>
public sealed class HobbitModelTests(PackedDemo packed) : IClassFixture<PackedDemo>
{
    private static readonly int[] s_prompt = [1, 2, 3, 4, 5, 6, 7];
    private static readonly HobbitOptions s_allTwins = new() { MaxWeightBefore = -1, AppliesToPrompts = true };

    [Theory]
    [InlineData("lfu-sequence")]
    [InlineData("finemoe")]
    [InlineData("on-demand")]
    [InlineData("moe-infinity")]
    public void AllOfTheWeight_IsTheExactModel_WhateverTheBudget(string method)
    {
        using Demo exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
        List<int> expected = GeneratedText.Tokens(exact, s_prompt, 50);
        Assert.True(Offloading.TryParse(method, out Offloading? offloading));
        foreach (int slots in new[] { 2, 10, 40, 120 })
        {
            using Demo model = Load(new HobbitOptions { MaxWeightBefore = 1 }, slots, offloading);
            Assert.Equal(Logits(exact), Logits(model));
            Assert.Equal(expected, GeneratedText.Tokens(model, s_prompt, 50));
            Assert.Equal((0, 0), (model.Statistics.TwinReads, model.Statistics.TwinChoices));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(60)]
    public void NoneOfTheWeight_IsTheModelQuantisedAndDequantised(int slots)
    {
        using Demo quantised = Demo.Load(packed.WriteQuantised(), new MoeOptions { Threads = 1 });
        using Demo model = Load(s_allTwins, slots);
        Assert.Equal(Logits(quantised), Logits(model));
        Assert.Equal(GeneratedText.Tokens(quantised, s_prompt, 50), GeneratedText.Tokens(model, s_prompt, 50));
        OffloadingStatistics statistics = model.Statistics;
        Assert.Equal(1, statistics.TwinShare);
        Assert.Equal(1, statistics.TwinWeightShare, 1e-5);
        Assert.Equal(0, statistics.SkippedShare);

        // a piece each: less than a third of an expert, and nothing else was read
        Assert.Equal(statistics.TwinReads, statistics.Misses);
        Assert.Equal(0, statistics.DemandBytes % statistics.TwinReads);
        Assert.InRange(statistics.DemandBytes / statistics.TwinReads, 1, Demo.ModelInfo.ExpertBytes / 3);
    }

    [Fact]
    public void Prompt_RunsExactly()
    {
        using Demo exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
        using Demo model = Load(new HobbitOptions { MaxWeightBefore = -1 }, 20);
        Assert.Equal(Logits(exact), Logits(model));
        _ = GeneratedText.Tokens(model, s_prompt, 30);
        Assert.InRange(model.Statistics.TwinShare, 0.05, 0.95);

        // twins of the text before will not do for a prompt
        Assert.Equal(Logits(exact), Logits(model));
    }

    [Fact]
    public void Twins_SaveBytes_AndAreCounted()
    {
        using Demo exact = Load(new HobbitOptions { MaxWeightBefore = 1 }, 40), model = Load(new HobbitOptions(), 40);
        _ = GeneratedText.Tokens(exact, s_prompt, 100);
        _ = GeneratedText.Tokens(model, s_prompt, 100);
        OffloadingStatistics statistics = model.Statistics;
        Assert.True(statistics.BytesRead < exact.Statistics.BytesRead);
        Assert.True(statistics.TwinReads > 0);
        Assert.InRange(statistics.TwinShare, 0.01, 0.5);

        // what runs as a twin is what weighs least
        Assert.InRange(statistics.TwinWeightShare, 0.001, statistics.TwinShare);
        Assert.Equal((0, 0), (statistics.SkippedChoices, statistics.FailedTwins));
    }

    [Fact]
    public void Skipping_LeavesChoicesOut()
    {
        using Demo model = Load(new HobbitOptions { MaxWeightBefore = 0.3f, MaxTwinWeightBefore = 0.5f, SkipsOthers = true }, 20);
        _ = GeneratedText.Tokens(model, s_prompt, 60);
        Assert.InRange(model.Statistics.SkippedShare, 0.01, 0.5);
        Assert.True(model.Statistics.TwinShare > 0);
    }

    [Fact]
    public void RandomBudgets_BetweenTwoTokens_AndSequencesTogether()
    {
        MoeOptions options = new() { Offloading = Offloading.Hobbit(), Threads = 2 };
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, options);
        using Demo model = Demo.Load(packed.Path, options);
        Random random = new(5);
        using TextGeneration generation = model.Generate(s_prompt, SamplingOptions.Greedy with { MaxTokens = 60, IgnoreEos = true });
        while (generation.MoveNext())
        {
            model.MemoryBudget = new ByteSize(random.NextInt64(largest.FloorBytes, largest.ResidentBytes + 1));
            Assert.True(model.MemoryPlan.TotalBytes <= model.MemoryBudget.Value.Bytes);
        }

        Assert.True(model.Statistics.TwinReads > 0);
        model.MemoryBudget = new ByteSize(largest.FloorBytes + (3 * Sequence.SizeFor(Demo.ModelInfo, options, options.PrefillChunk)));
        Thread[] threads =
        [
            .. Enumerable.Range(0, 3).Select(i => new Thread(() => _ = GeneratedText.Tokens(model, [i, .. s_prompt], 30))),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(0, model.Statistics.FailedTwins);
    }

    [Fact]
    public void DamagedTwins_AreReplacedByTheirExperts()
    {
        // every page of the data, so that no twin is sound
        using PackedDemo damaged = new();
        byte[] file = File.ReadAllBytes(damaged.TwinsFile);
        for (long at = TensorFile.ReadHeader(damaged.TwinsFile).Values.Min(entry => entry.Offset) + 100; at < file.Length; at += 4096)
        {
            file[at] ^= 1;
        }

        File.WriteAllBytes(damaged.TwinsFile, file);
        using Demo exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
        MoeOptions options = new() { Threads = 1, ExpertSlots = 20, Offloading = Offloading.Hobbit(s_allTwins) };
        using Demo model = Demo.Load(damaged.Path, options);
        Assert.Equal(GeneratedText.Tokens(exact, s_prompt, 50), GeneratedText.Tokens(model, s_prompt, 50));

        // each is tried once
        Assert.Equal((0, 0), (model.Statistics.TwinReads, model.Statistics.TwinChoices));
        Assert.InRange(model.Statistics.FailedTwins, 20, Demo.ModelInfo.NumLayers * Demo.ModelInfo.NumExperts);
    }

    [Fact]
    public void ModelWithoutTwins_IsRefused()
    {
        MoeOptions options = new() { Offloading = Offloading.Hobbit() };
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Demo.Load(RepositoryFiles.DemoModel, options));
        Assert.StartsWith(RepositoryFiles.DemoModel + ": has no twins.safetensors, which the offloading method reads", exception.Message);
        Assert.Contains("--twins q4", exception.Message);
    }

    [Fact]
    public void Interruption_LeavesTheModelUsable()
    {
        using Demo exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
        using Demo model = Load(new HobbitOptions { MaxWeightBefore = -1 }, 8);
        for (int i = 0; i < 20; i++)
        {
            using CancellationTokenSource interrupt = new(TimeSpan.FromMilliseconds(i / 2.0));
            using Sequence sequence = model.CreateSequence();
            float[] logits = new float[Demo.ModelInfo.VocabSize];
            try
            {
                sequence.Append(s_prompt, logits, interrupt.Token);
                for (int token = 0; token < 10; token++)
                {
                    sequence.Append([token], logits, interrupt.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // where it was interrupted depends on the machine
            }
        }

        Assert.Equal(Logits(exact), Logits(model));
    }

    private static float[] Logits(MoeModel model)
    {
        float[] logits = new float[model.Info.VocabSize];
        using Sequence sequence = model.CreateSequence();
        sequence.Append(s_prompt, logits);
        return logits;
    }

    private Demo Load(HobbitOptions options, int slots, Offloading? exact = null) => Demo.Load(
        packed.Path, new MoeOptions { Threads = 1, ExpertSlots = slots, Offloading = Offloading.Hobbit(options, exact) });
}
