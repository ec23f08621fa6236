using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Kernels;
using MoeGen.Models;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

/// <summary>SwapMoE with a whole model.</summary>
public sealed class SwapMoEModelTests : IDisposable
{
    private static readonly int s_numLayers = Demo.ModelInfo.SparseLayers.Count;
    private static readonly int s_numExperts = Demo.ModelInfo.NumExperts;

    private readonly Demo _exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
    private readonly int[] _prompt = [.. Enumerable.Range(1, 40).Select(i => i * 37 % Demo.ModelInfo.VocabSize)];

    [Fact]
    public void AllExpertsInMemory_IsTheExactModel()
    {
        using Demo model = Load(new SwapOptions(), slots: null);
        Assert.True(model.MemoryPlan.IsResident);
        Assert.Equal(GeneratedText.Tokens(_exact, _prompt, 60), GeneratedText.Tokens(model, _prompt, 60));
        Assert.Equal((0, 0), (model.Statistics.Swaps, model.Statistics.SkippedShare));
    }

    [Fact]
    public void PlanWithAllExperts_IsTheExactModel()
    {
        using Demo model = Load(new SwapOptions { Plan = Plan(_ => s_numExperts) }, slots: null);
        Assert.True(model.MemoryPlan.IsResident);
        Assert.Equal(GeneratedText.Tokens(_exact, _prompt, 60), GeneratedText.Tokens(model, _prompt, 60));
    }

    [Fact]
    public void BudgetThatGrowsToAllExperts_BecomesTheExactModel()
    {
        using Demo model = Load(new SwapOptions(), slots: null, Budget(20));
        _ = GeneratedText.Tokens(model, _prompt, 20);
        Assert.True(model.Statistics.SkippedShare > 0);
        model.MemoryBudget = null;
        OffloadingStatistics before = model.Statistics;
        while (Enumerable.Range(0, s_numLayers).Any(layer => Enumerable.Range(0, s_numExperts).Any(expert => !model.Layers[layer].Experts.IsResident(expert))))
        {
            _ = GeneratedText.Tokens(model, _prompt, 2);
        }

        // the pass that begins next lets them all compete
        _ = GeneratedText.Tokens(model, _prompt, 1);
        before = model.Statistics;
        Assert.Equal(GeneratedText.Tokens(_exact, _prompt, 60), GeneratedText.Tokens(model, _prompt, 60));
        Assert.Equal(before.SkippedChoices, model.Statistics.SkippedChoices);
        Assert.True(model.Statistics.Swaps > 0);
    }

    [Fact]
    public void OneVirtualExpertPerLayer_Writes()
    {
        using Demo model = Load(new SwapOptions { Plan = Plan(_ => 1) }, slots: null);
        Assert.Equal(s_numLayers + 1, model.MemoryPlan.NumSlots);
        Assert.Equal(60, GeneratedText.Tokens(model, _prompt, 60).Count);
        Assert.InRange(model.Statistics.SkippedShare, 0.4, 0.999);
    }

    [Fact]
    public void LayersOfAPlan_HaveTheirVirtualExperts()
    {
        SwapPlan plan = Plan(layer => 2 + (3 * layer)) with
        {
            InitialExperts = [.. Enumerable.Range(0, s_numLayers).Select(layer => Enumerable.Range(layer, 2 + (3 * layer)).ToArray())],
        };
        using Demo model = Load(new SwapOptions { Plan = plan, UpdateInterval = 0, Prompt = SwapPrompt.Masked }, slots: null);
        _ = GeneratedText.Tokens(model, _prompt, 10);
        for (int layer = 0; layer < s_numLayers; layer++)
        {
            ExpertsOf(model, layer, out List<int> resident);
            Assert.Equal(plan.InitialExperts[layer], resident);
        }
    }

    [Theory]
    [InlineData("swapmoe:prompt=exact")]
    [InlineData("swapmoe:prompt=masked")]
    [InlineData("norm-pruning")]
    public void RandomBudgets_NeverMissOrWaitInADecodeStep(string method)
    {
        Random random = new(5);
        Offloading offloading = Offloading.Parse(method);
        bool isMasked = method != "swapmoe:prompt=exact";
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = offloading });
        for (int i = 0; i < 6; i++)
        {
            long budget = i == 0 ? largest.FloorBytes : random.NextInt64(largest.FloorBytes, largest.ResidentBytes);
            using Demo model = Load(offloading, null, new ByteSize(budget), threads: 1 + (i % 3));
            using TextGeneration generation = model.Generate(_prompt, SamplingOptions.Greedy with { MaxTokens = 80, IgnoreEos = true });
            Assert.True(generation.MoveNext());
            OffloadingStatistics prompt = model.Statistics;
            Assert.True(isMasked || prompt.SkippedChoices == 0);
            Assert.True(isMasked || model.MemoryPlan.IsResident || prompt.Misses > 0);
            Assert.True(!isMasked || prompt.Misses == 0);
            while (generation.MoveNext())
            {
            }

            OffloadingStatistics statistics = model.Statistics.Since(prompt);
            Assert.Equal(79, statistics.Passes);
            Assert.Equal((0, 0), (statistics.Misses, statistics.LateHits));
            Assert.Equal((0, 0, TimeSpan.Zero), (statistics.DemandBytes, statistics.PrefetchBytes, statistics.StallTime));
            Assert.True(model.MemoryPlan.TotalBytes <= budget);
            if (!model.MemoryPlan.IsResident)
            {
                Assert.True(statistics.SkippedShare > 0);
                Assert.True(statistics.SkippedWeightShare > 0);
            }

            Assert.True(method != "norm-pruning" || statistics.Swaps == 0);
        }
    }

    [Fact]
    public void ExactPrompts_AreThoseOfTheExactModelBitForBit()
    {
        Random random = new(6);
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = Offloading.SwapMoE() });
        using Sequence expected = _exact.CreateSequence();
        float[] exact = new float[Demo.ModelInfo.VocabSize], found = new float[Demo.ModelInfo.VocabSize];
        for (int i = 0; i < 5; i++)
        {
            long budget = i == 0 ? largest.FloorBytes : random.NextInt64(largest.FloorBytes, largest.ResidentBytes);
            MoeOptions options = new()
            {
                Offloading = Offloading.SwapMoE(),
                MemoryBudget = new ByteSize(budget),
                Threads = 1 + (i % 2),
                PrefillChunk = 7 + (20 * i),
            };
            using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
            using Sequence sequence = model.CreateSequence();

            // the second prompt begins where decode steps of the first have swapped experts
            for (int round = 0; round < 2; round++)
            {
                int[] prompt = [.. Enumerable.Range(0, random.Next(2, 60)).Select(_ => random.Next(Demo.ModelInfo.VocabSize))];
                sequence.Truncate(0);
                expected.Truncate(0);
                sequence.Append(prompt, found);
                expected.Append(prompt, exact);
                Assert.Equal(exact, found);
                for (int step = 0; step < 10; step++)
                {
                    sequence.Append([random.Next(Demo.ModelInfo.VocabSize)], found);
                }
            }
        }
    }

    [Fact]
    public void PromptsWhileAnotherTextIsWritten_LeaveItsStepsWithoutAMiss()
    {
        Random random = new(8);
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = Offloading.SwapMoE() });
        ByteSize budget = new(largest.FloorBytes + ((largest.ResidentBytes - largest.FloorBytes) / 2));
        using Demo model = Load(new SwapOptions(), null, budget);
        using Sequence written = model.CreateSequence(), read = model.CreateSequence();
        using Sequence expected = _exact.CreateSequence();
        float[] exact = new float[Demo.ModelInfo.VocabSize], found = new float[Demo.ModelInfo.VocabSize];
        written.Append(_prompt, found);
        for (int step = 0; step < 60; step++)
        {
            if (step % 5 == 0)
            {
                // a prompt in parts, of which the other sequence does not know
                int[] part = [.. Enumerable.Range(0, random.Next(2, 12)).Select(_ => random.Next(Demo.ModelInfo.VocabSize))];
                read.Append(part, found);
                expected.Append(part, exact);
                Assert.Equal(exact, found);
            }

            OffloadingStatistics before = model.Statistics;
            written.Append([random.Next(Demo.ModelInfo.VocabSize)], found);
            OffloadingStatistics after = model.Statistics.Since(before);
            Assert.Equal((0, 0, TimeSpan.Zero), (after.Misses, after.LateHits, after.StallTime));
        }
    }

    [Fact]
    public void InterruptedPrompt_LeavesTheNextTextAsItShouldBe()
    {
        using Demo model = Load(new SwapOptions(), slots: 12);
        using Sequence sequence = model.CreateSequence(), expected = _exact.CreateSequence();
        float[] exact = new float[Demo.ModelInfo.VocabSize], found = new float[Demo.ModelInfo.VocabSize];
        for (int layer = 0; layer < s_numLayers; layer++)
        {
            using CancellationTokenSource stop = new();
            using TextGeneration interrupted = model.Generate(_prompt, SamplingOptions.Greedy);
            stop.CancelAfter(layer);
            try
            {
                _ = interrupted.MoveNext(stop.Token);
            }
            catch (OperationCanceledException)
            {
            }

            sequence.Truncate(0);
            expected.Truncate(0);
            sequence.Append(_prompt, found);
            expected.Append(_prompt, exact);
            Assert.Equal(exact, found);
            OffloadingStatistics before = model.Statistics;
            sequence.Append([1], found);
            OffloadingStatistics after = model.Statistics.Since(before);
            Assert.Equal((0, 0, TimeSpan.Zero), (after.Misses, after.LateHits, after.StallTime));
        }
    }

    [Theory]
    [InlineData(SwapPrompt.Exact)]
    [InlineData(SwapPrompt.Masked)]
    public void BudgetBetweenTokens_DropsAndAddsExpertsWithoutAMiss(SwapPrompt prompt)
    {
        Random random = new(9);
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = Offloading.SwapMoE() });
        using Demo model = Load(new SwapOptions { Prompt = prompt }, null, new ByteSize(largest.ResidentBytes));
        using TextGeneration generation = model.Generate(_prompt, SamplingOptions.Greedy with { MaxTokens = 100, IgnoreEos = true });
        while (generation.MoveNext())
        {
            model.MemoryBudget = new ByteSize(random.NextInt64(largest.FloorBytes, largest.ResidentBytes + 1));
            Assert.True(model.MemoryPlan.TotalBytes <= model.MemoryBudget.Value.Bytes);
            Assert.Equal(0, model.Statistics.Misses + model.Statistics.LateHits);
        }

        // a busy disk may bring none in so short a time
        for (int text = 0; text < 100 && model.Statistics.Swaps == 0; text++)
        {
            _ = GeneratedText.Tokens(model, _prompt, 50);
        }

        Assert.True(model.Statistics.Swaps > 0);
        Assert.Equal(0, model.Statistics.Misses + model.Statistics.LateHits);
        Assert.True(model.Statistics.SkippedShare > 0);
    }

    [Fact]
    public void BudgetBelowTheFloor_IsRefused()
    {
        MemoryPlan largest = MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = Offloading.SwapMoE() });
        Assert.Equal(s_numLayers + 1, largest.FloorSlots);
        MemoryBudgetTooSmallException exception = Assert.Throws<MemoryBudgetTooSmallException>(
            () => Load(new SwapOptions(), null, new ByteSize(largest.FloorBytes - 1)));
        Assert.Equal((largest.FloorBytes - 1, largest.FloorBytes), (exception.BudgetBytes, exception.RequiredBytes));
    }

    [Fact]
    public void AgreementThatAPlanPredicts_IsExpected()
    {
        SwapPlan plan = Plan(_ => 3) with { PredictedAgreement = 0.925 };
        Assert.Equal(0.925, Offloading.SwapMoE(new SwapOptions { Plan = plan }).ExpectedAgreement);
        Assert.Null(Offloading.SwapMoE(new SwapOptions { Plan = Plan(_ => 3) }).ExpectedAgreement);
        Assert.Null(Offloading.SwapMoE().ExpectedAgreement);
    }

    [Fact]
    public void PlanOfAnotherModel_IsRefused() =>
        Assert.Throws<SwapPlanException>(() => Load(new SwapOptions { Plan = Plan(_ => 3) with { Fingerprint = "f" } }, null));

    [Fact]
    public void NormPruning_KeepsTheLargestNorms()
    {
        using Demo model = Load(Offloading.NormPruning(), 26, null, threads: 1);
        _ = GeneratedText.Tokens(model, _prompt, 20);
        float[] measured = ((VirtualExpertSelection)model.Selection!).Norms.ToArray();
        for (int layer = 0; layer < s_numLayers; layer++)
        {
            // 25 Virtual Experts in 5 layers
            double[] norms = [.. _exact.Layers[layer].Experts.Select(Norm)];
            ExpertsOf(model, layer, out List<int> resident);
            Assert.All(norms, (norm, expert) => Assert.Equal(norm, measured[(layer * s_numExperts) + expert], norm * 1e-5));
            Assert.Equal(Enumerable.Range(0, s_numExperts).OrderByDescending(expert => norms[expert]).Take(5).Order(), resident);
        }
    }

    [Fact]
    public void Swaps_FollowTheText()
    {
        Offloading masked = Offloading.SwapMoE(new SwapOptions { Prompt = SwapPrompt.Masked });
        using Demo swapping = Load(masked, 41, null, threads: 1), pruned = Load(Offloading.NormPruning(), 41, null, threads: 1);
        foreach (Demo model in new[] { swapping, pruned })
        {
            _ = GeneratedText.Tokens(model, _prompt, 150);
        }

        Assert.True(swapping.Statistics.Swaps > 0);
        Assert.True(swapping.Statistics.SkippedWeightShare < pruned.Statistics.SkippedWeightShare);
        Assert.Equal(swapping.Statistics.BytesRead, swapping.Statistics.SwapBytes);
    }

    [Fact]
    public void LoadProgress_CountsNormsAndFirstExperts()
    {
        List<LoadProgress> steps = [];
        MoeOptions options = new() { Offloading = Offloading.SwapMoE(), ExpertSlots = 26, Threads = 1, Progress = new Recorder(steps) };
        Demo.Load(RepositoryFiles.DemoModel, options).Dispose();
        Assert.Equal(steps[^1].BytesTotal, steps.Max(step => step.BytesLoaded));
        Assert.True(steps[^1].BytesTotal > (s_numLayers * s_numExperts * Demo.ModelInfo.ExpertBytes) + (25 * Demo.ModelInfo.ExpertBytes));
    }

    public void Dispose() => _exact.Dispose();

    private static double Norm(Demo.Expert expert) =>
        Math.Sqrt(SumOf(expert.GateProj) + SumOf(expert.UpProj) + SumOf(expert.DownProj));

    private static double SumOf<TShape, TFormat>(Matrix<TShape, TFormat> matrix)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        double sum = 0;
        float[] row = new float[TShape.Columns];
        for (int i = 0; i < TShape.Rows; i++)
        {
            matrix.CopyRow(i, row);
            sum += row.Sum(value => (double)value * value);
        }

        return sum;
    }

    private static void ExpertsOf(Demo model, int layer, out List<int> resident) =>
        resident = [.. Enumerable.Range(0, s_numExperts).Where(model.Layers[layer].Experts.IsResident)];

    private static SwapPlan Plan(Func<int, int> share) => new()
    {
        Fingerprint = Demo.ModelInfo.Fingerprint,
        BudgetBytes = 1,
        UpdateInterval = 1,
        ExpertsPerLayer = [.. Enumerable.Range(0, s_numLayers).Select(share)],
    };

    private static ByteSize Budget(int slots) =>
        new((MemoryPlan.Largest(Demo.ModelInfo, new MoeOptions { Offloading = Offloading.SwapMoE() }) with { NumSlots = slots }).TotalBytes);

    private static Demo Load(SwapOptions options, int? slots, ByteSize? budget = null) =>
        Load(Offloading.SwapMoE(options), slots, budget, threads: 2);

    private static Demo Load(Offloading offloading, int? slots, ByteSize? budget, int threads) => Demo.Load(
        RepositoryFiles.DemoModel, new MoeOptions { Threads = threads, Offloading = offloading, ExpertSlots = slots, MemoryBudget = budget });

    private sealed class Recorder(List<LoadProgress> steps) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => steps.Add(value);
    }
}
