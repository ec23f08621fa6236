using MoeGen.Experts;
using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

public class MoeInfinityPrefetchTests
{
    private static readonly ExpertGrid s_grid = new(3, 4, 1);

    [Fact]
    public void LaterLayersOfTheNearestRequest_AreAskedFor_TheNearerTheSooner()
    {
        using MoeInfinityPrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        RunRequest(prefetch, predictions, [0, 1, 2]);
        RunRequest(prefetch, predictions, [3, 2, 1]);
        Start(prefetch, predictions, isNewSequence: true);
        predictions.Take();
        Assert.Equal(2, prefetch.NumTraces);

        // the second request began with 3, too: layer 1 with 1 x (1 - 1/4), layer 2 with 1 x (1 - 2/4)
        Route(prefetch, predictions, 0, 3);
        Assert.Equal([(1, 2, 0.75f), (2, 1, 0.5f)], predictions.Take());
        Assert.Equal([0, 0, 1, 0], predictions.Expected[1]);

        // the next pass of the request knows before its first layer what to expect: 1 - 1/4, 1 - 2/4, 1 - 3/4
        Start(prefetch, predictions, isNewSequence: false);
        Assert.Equal([(0, 3, 0.75f), (1, 2, 0.5f), (2, 1, 0.25f)], predictions.Take());
    }

    [Fact]
    public void FirstLayersOfARequest_ArePopularOnes()
    {
        using MoeInfinityPrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        RunRequest(prefetch, predictions, [0, 1, 2]);
        RunRequest(prefetch, predictions, [0, 1, 3]);
        predictions.Take();
        Start(prefetch, predictions, isNewSequence: true);

        // shares 1, 1, and 1/2 each in layer 2, times 3/4, 2/4, 1/4
        Assert.Equal([(0, 0, 0.75f), (1, 1, 0.5f), (2, 2, 0.125f), (2, 3, 0.125f)], predictions.Take());
    }

    [Fact]
    public void NothingKnown_NothingExpected()
    {
        using MoeInfinityPrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        RunRequest(prefetch, predictions, [0, 1, 2]);
        Assert.Empty(predictions.Take());
        Assert.Equal(0, prefetch.NumTraces);
    }

    [Fact]
    public void ExpertsPerLayer_AreBounded()
    {
        using MoeInfinityPrefetch prefetch = new(s_grid, expertsPerLayer: 1);
        RecordedPredictions predictions = new();
        RunRequest(prefetch, predictions, [0, 1, 2]);
        RunRequest(prefetch, predictions, [0, 1, 3]);
        predictions.Take();
        Start(prefetch, predictions, isNewSequence: true);
        Assert.Equal([(0, 0), (1, 1), (2, 2)], predictions.TakeExperts());
    }

    [Fact]
    public void Layers_ThatAPassDoesNotWalk_AreNotExpected()
    {
        using MoeInfinityPrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        Start(prefetch, predictions, isNewSequence: true);
        Route(prefetch, predictions, 1, 2);
        Start(prefetch, predictions, isNewSequence: true);
        predictions.Take();
        Route(prefetch, predictions, 0, 1);
        Assert.Equal([(1, 2)], predictions.TakeExperts());
    }

    [Fact]
    public void Passes_AllocateNothing()
    {
        using MoeInfinityPrefetch prefetch = new(s_grid, capacity: 4);
        NoPredictions predictions = new();
        for (int request = 0; request < 4; request++)
        {
            RunRequest(prefetch, predictions, [request, 1, 2]);
        }

        // the collection is full: a trace is replaced each time
        Assert.Equal(0, Allocations.Of(() => RunRequest(prefetch, predictions, [3, 1, 2])));
    }

    private static void RunRequest(MoeInfinityPrefetch prefetch, IPredictions predictions, ReadOnlySpan<int> experts)
    {
        Start(prefetch, predictions, isNewSequence: true);
        for (int layer = 0; layer < experts.Length; layer++)
        {
            Route(prefetch, predictions, layer, experts[layer]);
        }

        prefetch.OnPassEnd();
    }

    private static void Start(MoeInfinityPrefetch prefetch, IPredictions predictions, bool isNewSequence) =>
        prefetch.OnPassStart(new PassStart(1, isNewSequence, 1, []), predictions);

    private static void Route(MoeInfinityPrefetch prefetch, IPredictions predictions, int layer, int expert) =>
        prefetch.OnRouted(new RoutedLayer(layer, 1, [], [expert], []), predictions);
}
