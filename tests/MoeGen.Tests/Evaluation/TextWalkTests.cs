using MoeGen.Engine;
using MoeGen.Evaluation;
using MoeGen.Experts.Eviction;
using MoeGen.Kernels;
using MoeGen.Models;
using MoeGen.Testing;
using MoeGen.Tests.Experts.Prefetch;
using MoeGen.Tests.Experts.Selection;

namespace MoeGen.Tests.Evaluation;

public sealed class TextWalkTests : IDisposable
{
    private const int PromptLength = 5;

    private readonly Demo _exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1, ContextLength = 64 });
    private readonly int[] _text = [.. Enumerable.Range(1, 40).Select(i => i * 37 % Demo.ModelInfo.VocabSize)];

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Logits_AreThoseOfDecoding(int chunk)
    {
        using TextWalk walk = new(_exact, PromptLength, chunk);
        using Sequence sequence = _exact.CreateSequence();
        float[] expected = new float[Demo.ModelInfo.VocabSize];
        walk.Start(_text);
        sequence.Append(_text.AsSpan(0, PromptLength), expected);
        for (int position = PromptLength - 1; position < _text.Length - 1; position++)
        {
            Assert.True(walk.MoveNext());
            Assert.Equal((position, _text[position + 1]), (walk.Position, walk.NextToken));
            Assert.Equal(expected, walk.Logits);
            sequence.Append([_text[position + 1]], expected);
        }

        Assert.False(walk.MoveNext());
        Assert.False(walk.MoveNext());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void AnotherText_BeginsAnew(int chunk)
    {
        using TextWalk walk = new(_exact, PromptLength, chunk);
        double expected = Loss(walk, _text);
        walk.Start([9, 8, 7, 6, 5, 4, 3, 2, 1]);
        Assert.True(walk.MoveNext());
        Assert.Equal(expected, Loss(walk, _text));
    }

    [Theory]
    [InlineData(2, 5, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(6, 5, 1)]
    [InlineData(40, 5, 35)]
    [InlineData(40, 1, 39)]
    public void Stops_AreTheTokensBehindThePrompt(int textLength, int promptLength, int expected)
    {
        using TextWalk walk = new(_exact, promptLength, 4);
        walk.Start(_text[..textLength]);
        int stops = 0;
        while (walk.MoveNext())
        {
            stops++;
        }

        Assert.Equal(expected, stops);
        Assert.Equal(expected, TextWalk.NumStops(textLength, promptLength));
    }

    [Fact]
    public void Steps_AreDecodeStepsForASelection()
    {
        FixedSelection selection = new(Demo.ModelInfo.TopK / 2);
        using Demo model = Load(selection);
        using TextWalk walk = new(model, PromptLength);
        double loss = Loss(walk, _text);
        Assert.Equal(
            new StartedPass(PromptLength, IsNewSequence: true, IsRepeat: false, IsDecode: false), selection.Passes[0]);
        Assert.Equal(_text.Length - 1 - PromptLength, selection.Passes.Count - 1);
        Assert.Equal(
            Enumerable.Range(0, _text.Length - 1 - PromptLength)
                .Select(step => new StartedPass(1, IsNewSequence: false, IsRepeat: false, IsDecode: true) { DecodeStep = step }),
            selection.Passes[1..]);
        using TextWalk exact = new(_exact, PromptLength);
        Assert.NotEqual(Loss(exact, _text), loss);
    }

    [Fact]
    public void HalfOfTheExperts_DivergeFromTheExactModel()
    {
        using Demo model = Load(new FixedSelection(Demo.ModelInfo.TopK / 2));
        using TextWalk walk = new(model, PromptLength), exact = new(_exact, PromptLength, 8);
        QualityMeter meter = new(100);
        walk.Start(_text);
        exact.Start(_text);
        while (walk.MoveNext() && exact.MoveNext())
        {
            meter.Add(exact.Logits, walk.Logits, walk.NextToken);
        }

        Assert.Equal(_text.Length - PromptLength, meter.NumTokens);
        Assert.True(meter.Divergence > 0.01);
        Assert.InRange(meter.DivergencePercentile(0.95), meter.Divergence, double.MaxValue);
        Assert.InRange(meter.Agreement, 0, 0.999);
    }

    [Fact]
    public void Observer_HearsEveryTokenOnce()
    {
        using TextWalk walk = new(_exact, PromptLength, 8);
        CountingObserver observer = new();
        walk.Observer = observer;
        _ = Loss(walk, _text);
        Assert.Equal((_text.Length - 1) * Demo.ModelInfo.NumLayers, observer.NumTokens);
    }

    [Fact]
    public void Step_AllocatesNothing()
    {
        using TextWalk walk = new(_exact, 1);
        walk.Start(_text);
        walk.MoveNext();
        Assert.Equal(0, Allocations.Of(() => walk.MoveNext()));
    }

    [Fact]
    public void TextsThatCannotBeWalked_AreRefused()
    {
        using TextWalk walk = new(_exact, PromptLength, 8);
        string message = Assert.Throws<InvalidPromptException>(() => walk.Start([1])).Message;
        Assert.Equal("the text has 1 tokens; expected at least 2, one to see and one to foresee", message);

        // the last token is not run, so that one more than the context fits
        Assert.Equal(65 - PromptLength, Stops(walk, new int[65]));
        Assert.Throws<InvalidPromptException>(() => Stops(walk, new int[66]));
        walk.Start([1, 99_999, 2]);
        Assert.Throws<InvalidPromptException>(() => walk.MoveNext());
        Assert.Equal(35, Stops(walk, _text));
    }

    public void Dispose() => _exact.Dispose();

    private static Demo Load(FixedSelection selection)
    {
        Offloading offloading = new()
        {
            Name = "test",
            IsExact = false,
            CreateEviction = _ => new LruEviction(),
            CreateSelection = _ => selection,
        };
        return Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1, Offloading = offloading, ContextLength = 64 });
    }

    private static int Stops(TextWalk walk, int[] text)
    {
        int stops = 0;
        walk.Start(text);
        while (walk.MoveNext())
        {
            stops++;
        }

        return stops;
    }

    private static double Loss(TextWalk walk, int[] text)
    {
        QualityMeter meter = new(text.Length);
        walk.Start(text);
        while (walk.MoveNext())
        {
            meter.Add(walk.Logits, walk.Logits, walk.NextToken);
        }

        return meter.Loss;
    }

    private sealed class CountingObserver : IRoutingObserver
    {
        public int NumTokens { get; private set; }

        public void OnRouted(int layer, Activations normed, ForwardPass pass) => NumTokens += pass.NumTokens;
    }
}
