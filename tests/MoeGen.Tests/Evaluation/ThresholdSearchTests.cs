using MoeGen.Evaluation;
using MoeGen.Experts.Selection.Mobile;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests.Evaluation;

public sealed class ThresholdSearchTests : IDisposable
{
    private const int PromptLength = 8;

    private readonly Demo _model;
    private readonly ThresholdSearch _search;
    private BigLittle? _selection;
    private int _steps;

    public ThresholdSearchTests()
    {
        Offloading offloading = Offloading.MoBiLE() with
        {
            CreateSelection = setup => _selection = BigLittle.Create(setup, new MobileOptions()),
        };
        _model = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Offloading = offloading, Threads = 1 });
        string text = string.Concat(File.ReadAllText(Path.Combine(RepositoryFiles.Root, "tests/MoeGen.Benchmarks/text/stories.txt")).Take(2000));
        int[] tokens = _model.Tokenizer.Encode(text, addSpecialTokens: false);
        int[][] texts = [tokens[..80], tokens[80..150]];
        _search = new ThresholdSearch(_model, _selection!, texts, PromptLength, FallbackRule.TopProbability, count => _steps += count);
        _search.RunReferences(CancellationToken.None);
    }

    [Fact]
    public void References_AreTheExactModelAndTheLittleOne()
    {
        // of each text the prompt and the last token, which nothing follows, are no steps
        Assert.Equal((80 - PromptLength - 1) + (70 - PromptLength - 1), _search.NumTokens);
        Assert.Equal(2 * _search.NumTokens, _steps);
        ThresholdTrial exact = _search.Try(1.01f, CancellationToken.None), little = _search.Try(0, CancellationToken.None);
        Assert.Equal((1, 1, 0), (exact.FallbackShare, exact.Agreement, exact.Divergence));
        Assert.Equal(_search.ExactPerplexity, exact.Perplexity);
        Assert.Equal(_search.ExactLittleDivergence, exact.LittleDivergence, 1e-12);
        Assert.Equal(_search.Little with { Options = little.Options }, little);
        Assert.InRange(little.Agreement, 0.3, 0.999);
        Assert.True(little.Divergence > 0);
    }

    [Fact]
    public void Found_IsWithinTheTolerance_AndNotFarAboveWhatIsNot()
    {
        double tolerance = (1 - _search.Little.Agreement) / 2;
        int before = _steps;
        ThresholdTrial found = _search.Find(tolerance, [], CancellationToken.None);
        Assert.InRange((_steps - before) / _search.NumTokens, 1, ThresholdSearch.MaxTrials);
        Assert.True(found.IsWithin(tolerance, _search.ExactPerplexity));
        Assert.InRange(found.FallbackShare, 0.01, 0.99);
        Assert.Equal(found, _search.Try(found.Options.Threshold, CancellationToken.None));
    }

    [Fact]
    public void KnownTrials_AreNotRunAgain()
    {
        // a tolerance that half the steps satisfy is looked for below them alone
        ThresholdTrial[] known = [_search.Try(1.01f, CancellationToken.None), _search.Try(0.9f, CancellationToken.None)];
        double tolerance = Math.Max(1e-9, 1 - known[1].Agreement) + 1;
        ThresholdTrial found = _search.Find(tolerance, known, CancellationToken.None);
        Assert.True(found.Options.Threshold <= 0.9f);
        Assert.True(found.IsWithin(tolerance, _search.ExactPerplexity));
    }

    [Fact]
    public void TolerancesAtTheEnds_NeedNoSearch()
    {
        int before = _steps;
        ThresholdTrial loose = _search.Find(tolerance: 10, [], CancellationToken.None);
        Assert.Equal(before, _steps);
        Assert.Equal((0, _search.Little.Agreement), (loose.Options.Threshold, loose.Agreement));
        ThresholdTrial strict = _search.Find(tolerance: 1e-12, [], CancellationToken.None);
        Assert.Equal(1, strict.Agreement);
    }

    [Fact]
    public void Search_CanBeInterrupted()
    {
        using CancellationTokenSource interrupt = new();
        interrupt.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => _search.Try(0.5f, interrupt.Token));
        Assert.Equal(1, _search.Try(1.01f, CancellationToken.None).Agreement);
    }

    public void Dispose()
    {
        _search.Dispose();
        _model.Dispose();
    }
}
