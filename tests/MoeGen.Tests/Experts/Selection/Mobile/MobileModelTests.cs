using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection.Mobile;
using MoeGen.Kernels;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests.Experts.Selection.Mobile;

/// <summary>What MoBiLE does to a whole model. That it does what its description says is tested beside the model with half the experts.</summary>
public sealed class MobileModelTests : IDisposable
{
    // somewhere between always and never on the demo model
    private const float Between = 0.3f;

    private static readonly SamplingOptions s_greedy = SamplingOptions.Greedy with { MaxTokens = 40, IgnoreEos = true };
    private readonly Demo _exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });

    public static TheoryData<string> Presets => [.. Offloading.LossyNames.Where(name => name.StartsWith("mobile", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Presets))]
    public void ThresholdAboveOne_IsTheExactModel(string preset)
    {
        Random random = new(preset.Length);
        foreach (int? slots in new int?[] { 2, 11, 48, null })
        {
            using Demo model = Load(With(preset, new MobileOptions { Threshold = 1.01f }), slots, threads: random.Next(1, 4), random.Next(1, 40));
            for (int text = 0; text < 2; text++)
            {
                int[] prompt = RandomPrompt(random);
                Assert.Equal(Logits(_exact, prompt), Logits(model, prompt));
                SamplingOptions sampling = s_greedy with { Temperature = text, Seed = random.Next() };
                Assert.Equal(GeneratedText.Tokens(_exact, prompt, sampling), GeneratedText.Tokens(model, prompt, sampling));
            }

            Assert.Equal(1, model.Statistics.FallbackShare);
        }
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void Outputs_DependOnTheThreshold_NotOnSlotsThreadsOrChunks(string preset)
    {
        MobileOptions options = new() { Threshold = Between };
        int[] prompt = RandomPrompt(new Random(6));
        using Demo resident = Load(With(preset, options), slots: null, threads: 1);
        List<int> expected = GeneratedText.Tokens(resident, prompt, s_greedy);
        Assert.InRange(resident.Statistics.FallbackShare, 0.05, 0.95);
        Assert.NotEqual(GeneratedText.Tokens(_exact, prompt, s_greedy), expected);
        foreach (int slots in new[] { 2, Demo.ModelInfo.NumLayers + 1, 24, 60 })
        {
            using Demo model = Load(With(preset, options), slots, threads: 2, chunk: slots);
            Assert.Equal(expected, GeneratedText.Tokens(model, prompt, s_greedy));
            Assert.Equal(resident.Statistics.Repeats, model.Statistics.Repeats);
            Assert.True(model.Statistics.Misses > 0);
        }
    }

    [Theory]
    [InlineData(FallbackRule.AlwaysBig, 0)]
    [InlineData(FallbackRule.AlwaysLittle, 0.5)]
    public void RuleWithoutTest_RunsEveryStepOnce(FallbackRule rule, double skippedShare)
    {
        using Demo model = Load(Offloading.MoBiLE(new MobileOptions { Rule = rule }), slots: null);
        using Sequence sequence = model.CreateSequence();
        float[] logits = new float[Demo.ModelInfo.VocabSize];
        sequence.Append([1, 2, 3], logits);
        OffloadingStatistics before = model.Statistics;
        for (int i = 0; i < 20; i++)
        {
            sequence.Append([100 + i], logits);
        }

        OffloadingStatistics steps = model.Statistics.Since(before);
        Assert.Equal((20, 20, 0), (steps.Passes, steps.DecodeSteps, steps.Repeats));
        Assert.Equal(skippedShare, steps.SkippedShare, 1e-9);
    }

    [Fact]
    public void PromptsLastChunk_IsNoDecodeStep_EvenOfOneToken()
    {
        using Demo model = Load(Offloading.MoBiLE(new MobileOptions { Rule = FallbackRule.AlwaysLittle }), slots: null, chunk: 4);
        int[] prompt = [.. Enumerable.Range(1, 9)];
        Assert.Equal(Logits(_exact, prompt), Logits(model, prompt));
        Assert.Equal(0, model.Statistics.DecodeSteps);
        Assert.Equal(0, model.Statistics.SkippedChoices);
    }

    [Fact]
    public void FirstTokens_AreCountedBehindEachPrompt()
    {
        MobileOptions options = new() { Rule = FallbackRule.FirstTokensBig, NumFirstTokens = 3 };
        using Demo model = Load(Offloading.MoBiLE(options), slots: null);
        using Sequence sequence = model.CreateSequence();
        float[] logits = new float[Demo.ModelInfo.VocabSize];
        foreach (int[] prompt in new int[][] { [5, 6, 7, 8], [9, 10] })
        {
            sequence.Append(prompt, logits);
            for (int step = 0; step < 6; step++)
            {
                long skipped = model.Statistics.SkippedChoices;
                sequence.Append([20 + step], logits);
                Assert.Equal(step >= 3, model.Statistics.SkippedChoices > skipped);
            }
        }
    }

    [Fact]
    public void SequencesThatTakeTurns_DecideSeparately()
    {
        Random random = new(12);
        using Demo model = Load(Offloading.MoBiLE(new MobileOptions { Threshold = Between }), slots: 30);
        int[][] texts = [.. Enumerable.Range(0, 3).Select(_ => RandomPrompt(random)[..20])];
        float[][][] alone = [.. texts.Select(text => Steps(model, text))];
        Sequence[] sequences = [.. texts.Select(_ => model.CreateSequence())];
        float[] logits = new float[Demo.ModelInfo.VocabSize];
        for (int step = 0; step < 20; step++)
        {
            for (int text = 0; text < texts.Length; text++)
            {
                sequences[text].Append([texts[text][step]], logits);
                Assert.Equal(alone[text][step], logits);
            }
        }

        Assert.All(sequences, sequence => sequence.Dispose());
        Assert.InRange(model.Statistics.FallbackShare, 0.05, 0.95);
    }

    [Fact]
    public void StepThatIsTakenBack_IsTheSameAgain()
    {
        // whether the step ran once or twice, what it left in the cache is that of its last pass
        using Demo model = Load(Offloading.MoBiLE(new MobileOptions { Threshold = Between }), slots: 30);
        int[] text = RandomPrompt(new Random(3))[..20];
        float[][] once = Steps(model, text);
        using Sequence sequence = model.CreateSequence();
        float[] logits = new float[Demo.ModelInfo.VocabSize], other = new float[Demo.ModelInfo.VocabSize];
        for (int step = 0; step < text.Length; step++)
        {
            sequence.Append([text[step]], logits);
            sequence.Append([7], other);
            sequence.Truncate(step);
            sequence.Append([text[step]], logits);
            Assert.Equal(once[step], logits);
        }
    }

    [Fact]
    public void InterruptedRepeat_LeavesTheModelUsable()
    {
        using Demo model = Load(Offloading.MoBiLE(new MobileOptions { Threshold = 2 }), slots: 12);
        int[] text = RandomPrompt(new Random(5))[..12];
        float[][] expected = Steps(_exact, text);
        using Sequence sequence = model.CreateSequence();
        using ForwardPass pass = model.CreatePass(1, 1);
        for (int step = 0; step < text.Length; step++)
        {
            using CancellationTokenSource interrupt = new();
            pass.Observer = new RepeatInterruption(interrupt, atLayer: step % (Demo.ModelInfo.NumLayers - 1));
            if (step > 0)
            {
                Assert.Throws<OperationCanceledException>(() => model.Run(pass, sequence, [text[step]], 1, interrupt.Token));
                Assert.Equal(step, sequence.Length);
            }

            pass.Observer = null;
            model.Run(pass, sequence, [text[step]], 1, CancellationToken.None);
            Assert.Equal(expected[step], pass.Logits[0].ToArray());
        }
    }

    [Fact]
    public void ModelWithOneExpertPerToken_HasNothingToHalve()
    {
        List<string> notices = [];
        Assert.Null(BigLittle.Create(new(new ExpertGrid(3, 8, 1), "", new FakeResidency()) { Notice = notices.Add }, new MobileOptions()));
        Assert.Contains("one expert", Assert.Single(notices));
        Assert.NotNull(BigLittle.Create(new(new ExpertGrid(3, 8, 2), "", new FakeResidency()) { Notice = notices.Add }, new MobileOptions()));
        Assert.Single(notices);
    }

    public void Dispose() => _exact.Dispose();

    private static Offloading With(string preset, MobileOptions options) =>
        Offloading.MoBiLE(preset == "mobile" ? options : options with { Base = Offloading.FineMoE() });

    private static Demo Load(Offloading offloading, int? slots, int threads = 2, int chunk = 128) =>
        Demo.Load(
            RepositoryFiles.DemoModel,
            new MoeOptions { Offloading = offloading, ExpertSlots = slots, Threads = threads, PrefillChunk = chunk });

    private static int[] RandomPrompt(Random random) =>
        [.. Enumerable.Range(0, random.Next(20, 60)).Select(_ => random.Next(Demo.ModelInfo.VocabSize))];

    private static float[] Logits(MoeModel model, int[] prompt)
    {
        float[] logits = new float[model.Info.VocabSize];
        using Sequence sequence = model.CreateSequence();
        sequence.Append(prompt, logits);
        return logits;
    }

    // logits after every token of a text that is appended token by token
    private static float[][] Steps(MoeModel model, int[] text)
    {
        using Sequence sequence = model.CreateSequence();
        float[] logits = new float[model.Info.VocabSize];
        float[] Append(int token)
        {
            sequence.Append([token], logits);
            return [.. logits];
        }

        return [.. text.Select(Append)];
    }

    private sealed class RepeatInterruption(CancellationTokenSource interrupt, int atLayer) : IRoutingObserver
    {
        public void OnEmbedded(Activations embeddings, ForwardPass pass)
        {
        }

        public void OnRouted(int layer, Activations normed, ForwardPass pass)
        {
            if (pass.Experts.IsRepeat && layer == atLayer)
            {
                interrupt.Cancel();
            }
        }
    }
}
