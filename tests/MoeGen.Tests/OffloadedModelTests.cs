using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests;

/// <summary>
/// A model that holds some of its experts writes what the model writes that holds all of them, to the last bit: with every method, budget,
/// prompt, seed and number of threads.
/// </summary>
public sealed class OffloadedModelTests : IDisposable
{
    private readonly Demo _resident = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });

    public static TheoryData<string> Methods => [.. Offloading.ExactNames.Except(["resident"])];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Outputs_AreThoseOfTheResidentModel(string method)
    {
        Random random = new(Array.IndexOf([.. Offloading.ExactNames], method));
        for (int i = 0; i < 6; i++)
        {
            Assert.True(Offloading.TryParse(method, out Offloading? offloading));
            MoeOptions options = new() { Offloading = offloading, Threads = random.Next(1, 4), PrefillChunk = random.Next(1, 40) };
            MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, options);
            long budget = i == 0 ? largest.FloorBytes : random.NextInt64(largest.FloorBytes, largest.ResidentBytes);
            using Demo model = Demo.Load(RepositoryFiles.DemoModel, options with { MemoryBudget = new ByteSize(budget) });
            for (int text = 0; text < 2; text++)
            {
                int[] prompt = RandomPrompt(random);
                SamplingOptions sampling = new() { Seed = random.Next(), MaxTokens = 24, IgnoreEos = true };
                Assert.Equal(Logits(_resident, prompt), Logits(model, prompt));
                Assert.Equal(GeneratedText.Tokens(_resident, prompt, sampling), GeneratedText.Tokens(model, prompt, sampling));
            }
        }
    }

    [Fact]
    public void Budget_ChangesBetweenTwoTokens()
    {
        MoeOptions options = new() { Offloading = Offloading.Lru(), Threads = 2 };
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, options);
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        Assert.True(model.MemoryPlan.IsResident);
        int[] prompt = RandomPrompt(new Random(8));
        SamplingOptions sampling = SamplingOptions.Greedy with { MaxTokens = 60, IgnoreEos = true };
        List<int> expected = GeneratedText.Tokens(_resident, prompt, sampling);

        Random random = new(9);
        List<int> tokens = [];
        using TextGeneration generation = model.Generate(prompt, sampling);
        while (generation.MoveNext())
        {
            tokens.Add(generation.Token);
            model.MemoryBudget = new ByteSize(random.NextInt64(largest.FloorBytes, largest.ResidentBytes + 1));
            Assert.True(model.MemoryPlan.TotalBytes <= model.MemoryBudget.Value.Bytes);
            Assert.Equal(model.MemoryPlan.NumSlots, model.Statistics.NumSlots);
        }

        Assert.Equal(expected, tokens);
        Assert.True(model.Statistics.Misses > 0);
    }

    [Fact]
    public void BudgetBelowTheFloor_IsRefusedAndTheModelGoesOn()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Offloading = Offloading.Lru() });
        MemoryPlan before = model.MemoryPlan;
        Assert.Throws<MemoryBudgetTooSmallException>(() => model.MemoryBudget = new ByteSize(before.FloorBytes - 1));
        Assert.Equal(before, model.MemoryPlan);
        Assert.Null(model.MemoryBudget);
    }

    [Fact]
    public void ResidentMethod_RefusesABudgetThatDoesNotHoldAll()
    {
        MoeOptions options = new() { Offloading = Offloading.Resident() };
        long needed = MemoryPlan.Largest(Demo.ModelInfo, options).ResidentBytes;
        Assert.Throws<MemoryBudgetTooSmallException>(
            () => Demo.Load(RepositoryFiles.DemoModel, options with { MemoryBudget = new ByteSize(needed - 1) }));
        Demo.Load(RepositoryFiles.DemoModel, options with { MemoryBudget = new ByteSize(needed) }).Dispose();
    }

    [Fact]
    public void Uses_AreHitsLateHitsOrMisses()
    {
        MoeOptions options = new() { Offloading = Offloading.NextLayerRouter(), ExpertSlots = 50 };
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        int[] prompt = RandomPrompt(new Random(2))[..1];
        _ = GeneratedText.Tokens(model, prompt, SamplingOptions.Greedy with { MaxTokens = 50, IgnoreEos = true });
        OffloadingStatistics statistics = model.Statistics;
        Assert.Equal(50, statistics.Passes);
        Assert.Equal(50 * Demo.ModelInfo.TopK * Demo.ModelInfo.NumLayers, statistics.Uses);
        Assert.True(statistics.BytesRead >= statistics.Misses * Demo.ModelInfo.ExpertBytes);
        Assert.True(statistics.UsefulPrefetches + statistics.WastedPrefetches <= statistics.Prefetches);
    }

    [Fact]
    public void Interruption_LeavesTheModelUsable()
    {
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { ExpertSlots = 10, Threads = 2 });
        int[] prompt = RandomPrompt(new Random(4));
        for (int i = 0; i < 20; i++)
        {
            using CancellationTokenSource interrupt = new(TimeSpan.FromMilliseconds(i / 4.0));
            using Sequence sequence = model.CreateSequence();
            try
            {
                sequence.Append(prompt, new float[Demo.ModelInfo.VocabSize], interrupt.Token);
            }
            catch (OperationCanceledException)
            {
                // where it was interrupted depends on the machine
            }
        }

        Assert.Equal(Logits(_resident, prompt), Logits(model, prompt));
    }

    public void Dispose() => _resident.Dispose();

    private static int[] RandomPrompt(Random random) =>
        [.. Enumerable.Range(0, random.Next(20, 90)).Select(_ => random.Next(Demo.ModelInfo.VocabSize))];

    private static float[] Logits(MoeModel model, int[] prompt)
    {
        float[] logits = new float[model.Info.VocabSize];
        using Sequence sequence = model.CreateSequence();
        sequence.Append(prompt, logits);
        return logits;
    }
}
