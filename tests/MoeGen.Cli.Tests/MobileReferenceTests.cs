using MoeGen.Cli.Tests.Testing;
using MoeGen.Engine;
using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Cli.Tests;

/// <summary>
/// MoBiLE gives what two exact models give that take turns by hand: one compiled with K experts per token, one with half of them, and one
/// cache of keys and values between them. That is the specification of section 3.2 of the method, without a line of its implementation.
/// </summary>
public sealed class MobileReferenceTests
{
    [Theory]
    [InlineData(4, 0f)]
    [InlineData(4, 0.3f)]
    [InlineData(4, 1.01f)]
    [InlineData(3, 0f)]
    [InlineData(3, 0.3f)]
    [InlineData(2, 0.3f)]
    public void Logits_AreThoseOfTwoModelsThatTakeTurns(int topK, float threshold)
    {
        using DemoVariant bigFolder = new(topK), littleFolder = new((topK + 1) / 2);
        using MoeModel big = bigFolder.Load(), little = littleFolder.Load();
        Random random = new(topK);
        int[] prompt = Tokens(big, random, 20), text = Tokens(big, random, 40);
        List<float[]> expected = TakeTurns(big, little, prompt, text, threshold, out int repeats);
        Assert.InRange(repeats, threshold == 0 ? 0 : 1, threshold is > 0 and < 1 ? text.Length - 1 : threshold == 0 ? 0 : text.Length);

        foreach (int? slots in new int?[] { null, 30 })
        {
            Offloading offloading = Offloading.MoBiLE(new MobileOptions { Threshold = threshold });
            using MoeModel mobile = bigFolder.Load(new MoeOptions { Offloading = offloading, ExpertSlots = slots, Threads = 2 });
            Assert.Equal(expected, Steps(mobile, prompt, text));
            Assert.Equal((text.Length, repeats), (mobile.Statistics.DecodeSteps, mobile.Statistics.Repeats));
        }
    }

    [Fact]
    public void AlwaysLittle_IsTheModelWithHalfTheExperts()
    {
        using DemoVariant bigFolder = new(4), littleFolder = new(2);
        using MoeModel big = bigFolder.Load(), little = littleFolder.Load();
        int[] prompt = [5], text = Tokens(big, new Random(9), 30);
        Offloading offloading = Offloading.MoBiLE(new MobileOptions { Rule = FallbackRule.AlwaysLittle });
        using MoeModel mobile = bigFolder.Load(new MoeOptions { Offloading = offloading });
        Assert.Equal(TakeTurns(big, little, prompt, text, threshold: 0, out _), Steps(mobile, prompt, text));
    }

    [Fact]
    public async Task OneExpertPerToken_IsSaidOnce_AndNothingIsJudged()
    {
        using DemoVariant folder = new(1);
        string[] args = ["run", folder.Path, "Once upon a time", "--max-tokens", "8", "--temperature", "0", "--stats"];
        CliRun mobile = await CliRun.Of([.. args, "--offload", "mobile"]);
        Assert.Single(mobile.Error.Split('\n'), line => line.Contains("has no effect", StringComparison.Ordinal));
        Assert.Contains("0 of 0 decode steps", mobile.Error);
        Assert.Equal((await CliRun.Of(args)).Output, mobile.Output);
    }

    // logits after every token of the text, the prompt's left out
    private static List<float[]> Steps(MoeModel model, int[] prompt, int[] text)
    {
        using Sequence sequence = model.CreateSequence();
        float[] logits = new float[model.Info.VocabSize];
        sequence.Append(prompt, logits);
        List<float[]> steps = [];
        foreach (int token in text)
        {
            sequence.Append([token], logits);
            steps.Add([.. logits]);
        }

        return steps;
    }

    private static List<float[]> TakeTurns(MoeModel big, MoeModel little, int[] prompt, int[] text, float threshold, out int repeats)
    {
        using Sequence bigSequence = big.CreateSequence(), littleSequence = little.CreateSequence();
        float[] bigLogits = new float[big.Info.VocabSize], littleLogits = new float[big.Info.VocabSize];
        bigSequence.Append(prompt, bigLogits);
        littleSequence.Append(prompt, littleLogits);
        Copy(big.Info, bigSequence, littleSequence, 0, prompt.Length);
        List<float[]> steps = [];
        repeats = 0;
        foreach (int token in text)
        {
            int position = littleSequence.Length;
            littleSequence.Append([token], littleLogits);
            bigSequence.Append([token], bigLogits);
            bool isLittle = TopProbability(littleLogits) >= threshold;
            repeats += isLittle ? 0 : 1;
            steps.Add(isLittle ? [.. littleLogits] : [.. bigLogits]);
            (Sequence from, Sequence to) = isLittle ? (littleSequence, bigSequence) : (bigSequence, littleSequence);
            Copy(big.Info, from, to, position, position + 1);
        }

        return steps;
    }

    private static double TopProbability(float[] logits)
    {
        double max = logits.Max();
        return 1 / logits.Sum(x => Math.Exp(x - max));
    }

    private static unsafe void Copy(ModelInfo info, Sequence from, Sequence to, int start, int end)
    {
        for (int layer = 0; layer < info.NumLayers; layer++)
        {
            for (int head = 0; head < info.NumKeyValueHeads; head++)
            {
                KvCacheLayout layout = from.Cache.Layout;
                Copy(from.Cache.Keys(layer, head), to.Cache.Keys(layer, head), layout.RowBytes(info.KeyDim), start, end);
                Copy(from.Cache.Values(layer, head), to.Cache.Values(layer, head), layout.RowBytes(info.ValueDim), start, end);
            }
        }
    }

    private static unsafe void Copy(byte* from, byte* to, int rowBytes, int start, int end)
    {
        int offset = start * rowBytes, count = (end - start) * rowBytes;
        new ReadOnlySpan<byte>(from + offset, count).CopyTo(new Span<byte>(to + offset, count));
    }

    private static int[] Tokens(MoeModel model, Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Info.VocabSize))];
}
