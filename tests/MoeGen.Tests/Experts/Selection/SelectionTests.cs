using MoeGen.Experts.Eviction;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests.Experts.Selection;

/// <summary>What a selection does to a whole model.</summary>
public sealed class SelectionTests : IDisposable
{
    private static readonly int s_topK = Demo.ModelInfo.TopK;

    private readonly Demo _exact = Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 1 });
    private readonly int[] _prompt = [.. Enumerable.Range(1, 30).Select(i => i * 37 % Demo.ModelInfo.VocabSize)];

    [Theory]
    [InlineData(null)]
    [InlineData(20)]
    public void SelectionOfEverything_IsTheExactModel(int? slots)
    {
        FixedSelection selection = new(s_topK);
        using Demo model = Load(selection, slots);
        Assert.Equal(GeneratedText.Tokens(_exact, _prompt, 40), GeneratedText.Tokens(model, _prompt, 40));
        Assert.Equal(0, model.Statistics.SkippedShare);
        Assert.Equal(0, model.Statistics.SkippedWeightShare);
    }

    [Fact]
    public void FewerExperts_ChangeTheOutput_AndAreCounted()
    {
        FixedSelection selection = new(s_topK / 2);
        using Demo model = Load(selection, null);
        Assert.NotEqual(GeneratedText.Tokens(_exact, _prompt, 40), GeneratedText.Tokens(model, _prompt, 40));
        Assert.Equal(0.5, model.Statistics.SkippedShare, 1e-9);
        Assert.InRange(model.Statistics.SkippedWeightShare, 0.01, 0.5);
    }

    [Fact]
    public void ExpertsThatDoNotCompete_AreNeverRead()
    {
        FixedSelection selection = new(s_topK) { NumExperts = Demo.ModelInfo.NumExperts };
        for (int layer = 0; layer < Demo.ModelInfo.NumLayers; layer++)
        {
            selection.Let(layer, 1, 3 + layer);
        }

        using Demo model = Load(selection, 2 * Demo.ModelInfo.NumLayers);
        _ = GeneratedText.Tokens(model, _prompt, 40);
        Assert.Equal(2 * Demo.ModelInfo.NumLayers, model.Statistics.Misses + model.Statistics.LateHits);
        for (int layer = 0; layer < Demo.ModelInfo.NumLayers; layer++)
        {
            for (int expert = 0; expert < Demo.ModelInfo.NumExperts; expert++)
            {
                Assert.Equal(expert == 1 || expert == 3 + layer, model.Layers[layer].Experts.IsResident(expert));
            }
        }
    }

    [Fact]
    public void Repeat_WithAllExperts_IsTheExactModel()
    {
        // every decode step runs with half the experts first, and again with all: nothing of the first run stays
        FixedSelection selection = new(s_topK)
        {
            Starting = (me, start) =>
            {
                me.NumChosen = start.IsDecode && !start.IsRepeat ? s_topK / 2 : s_topK;
                me.Repeats = start.IsDecode && !start.IsRepeat ? 1 : 0;
            },
        };
        using Demo model = Load(selection, null);
        Assert.Equal(GeneratedText.Tokens(_exact, _prompt, 40), GeneratedText.Tokens(model, _prompt, 40));
        Assert.Equal((39, 39), (model.Statistics.DecodeSteps, model.Statistics.Repeats));
        Assert.Equal(1, model.Statistics.FallbackShare);
        Assert.Equal(1 + (2 * 39), selection.Passes.Count);
        Assert.Equal(new StartedPass(_prompt.Length, IsNewSequence: true, IsRepeat: false, IsDecode: false), selection.Passes[0]);
        Assert.Equal(new StartedPass(1, IsNewSequence: false, IsRepeat: false, IsDecode: true), selection.Passes[1]);
        Assert.Equal(new StartedPass(1, IsNewSequence: false, IsRepeat: true, IsDecode: true), selection.Passes[2]);
        Assert.Equal(Enumerable.Range(0, Demo.ModelInfo.NumLayers), selection.Layers[..Demo.ModelInfo.NumLayers]);
    }

    [Fact]
    public void Selection_IsDisposedWithTheModel()
    {
        FixedSelection selection = new(s_topK);
        Load(selection, null).Dispose();
        Assert.True(selection.IsDisposed);
    }

    public void Dispose() => _exact.Dispose();

    private static Demo Load(FixedSelection selection, int? slots)
    {
        Offloading offloading = new()
        {
            Name = "test",
            IsExact = false,
            CreateEviction = _ => new LruEviction(),
            CreateSelection = _ => selection,
        };
        return Demo.Load(RepositoryFiles.DemoModel, new MoeOptions { Threads = 2, Offloading = offloading, ExpertSlots = slots });
    }
}
