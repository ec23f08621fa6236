using MoeGen.Experts;
using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

public class BigLittlePrefetchTests
{
    private static readonly ExpertGrid s_grid = new(3, 6, 4);
    private static readonly float[] s_embedding = new float[8];
    private static readonly float[] s_probabilities = [0.05f, 0.3f, 0.1f, 0.25f, 0.2f, 0.1f]; // best first: 1, 3, 4, 2, 5, 0
    private static readonly float[] s_next = [0.3f, 0.05f, 0.25f, 0.1f, 0.2f, 0.1f]; // best first: 0, 2, 4, 3, 5, 1

    [Fact]
    public void LittlePass_AsksForTheNextLayersBestHalf()
    {
        using BigLittlePrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        Start(prefetch, 1, predictions);
        Route(prefetch, 0, [1, 3, -1, -1], predictions);
        Assert.Equal([(1, 0, 0.3f), (1, 2, 0.25f)], predictions.Take());
        Assert.Equal(s_next, predictions.Expected[1]);
        Assert.True(prefetch.NeedsNextRouter);
    }

    [Fact]
    public void BigPass_AsksForAsManyAsItRuns_OfTheLastToken()
    {
        using BigLittlePrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        Start(prefetch, 1, predictions);
        RoutedLayer routed = new(1, 2, [.. s_next, .. s_probabilities], [0, 1, -1, -1, 1, 3, 4, 2], s_next);
        prefetch.OnRouted(routed, predictions);
        Assert.Equal([(2, 0), (2, 2), (2, 4), (2, 3)], predictions.TakeExperts());
    }

    [Fact]
    public void Repeat_AsksForWhatWasLeftOut_InTheOrderOfLayers()
    {
        using BigLittlePrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        Start(prefetch, 7, predictions);
        Route(prefetch, 0, [1, 3, -1, -1], predictions);

        // group-limited routers do not choose the most probable ones: what was left out are the best that did not run
        Route(prefetch, 1, [3, 4, -1, -1], predictions);
        Route(prefetch, 2, [1, 3, -1, -1], predictions);
        prefetch.OnPassEnd();
        _ = predictions.Take();
        Start(prefetch, 8, predictions, isRepeat: true);
        Assert.Equal([(0, 4, 1f), (0, 2, 1f), (1, 1, 1f), (1, 2, 1f), (2, 4, 1f), (2, 2, 1f)], predictions.Take());

        // what the token needs is worth all; the others what their router said
        Assert.Equal([0.05f, 1, 1, 1, 1, 0.1f], predictions.Expected[0]);
        Route(prefetch, 0, [1, 3, 4, 2], predictions);
        Assert.Equal([(1, 0), (1, 2), (1, 4), (1, 3)], predictions.TakeExperts());
    }

    [Fact]
    public void Repeat_AsksForLayersThatTheLittlePassHasWalked()
    {
        using BigLittlePrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        Start(prefetch, 1, predictions);
        Route(prefetch, 2, [1, 3, -1, -1], predictions);
        _ = predictions.Take();
        Start(prefetch, 2, predictions, isRepeat: true);
        Assert.Equal([(2, 4), (2, 2)], predictions.TakeExperts());
    }

    [Fact]
    public void RepeatOfAPassThatWasNotTold_AsksForNothing()
    {
        // the ring of messages was full when the little pass of the second token began
        using BigLittlePrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        Start(prefetch, 1, predictions);
        Route(prefetch, 0, [1, 3, -1, -1], predictions);
        _ = predictions.Take();
        Start(prefetch, 3, predictions, isRepeat: true);
        Assert.Empty(predictions.Take());
    }

    [Fact]
    public void PassThatFollows_ForgetsWhatWasLeftOut()
    {
        using BigLittlePrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        Start(prefetch, 1, predictions);
        Route(prefetch, 0, [1, 3, -1, -1], predictions);
        Start(prefetch, 2, predictions);
        Start(prefetch, 3, predictions, isRepeat: true);
        _ = predictions.Take();
        Start(prefetch, 4, predictions, isRepeat: true);
        Assert.Empty(predictions.Take());
    }

    [Fact]
    public void OtherPrefetcher_IsFollowedAsWell_AndHearsNothingOfRepeats()
    {
        OtherPrefetch other = new();
        RecordedPredictions predictions = new();
        using (BigLittlePrefetch prefetch = new(s_grid, other))
        {
            Start(prefetch, 1, predictions);
            Route(prefetch, 0, [1, 3, -1, -1], predictions);
            Assert.Equal([(2, 5), (1, 0), (1, 2)], predictions.TakeExperts());
            Assert.False(predictions.Expected.ContainsKey(1)); // that is the other one's to say
            prefetch.OnPassEnd();
            Start(prefetch, 2, predictions, isRepeat: true);
            Route(prefetch, 0, [1, 3, 4, 2], predictions);
            prefetch.OnPassEnd();
            Assert.Equal("big-little-other", prefetch.Name);
        }

        Assert.Equal(["start 1", "routed 0", "end", "disposed"], other.Heard);
    }

    [Fact]
    public void Passes_AllocateNothing() => Assert.Equal(0, Allocations.Of(Run()));

    private static Action Run()
    {
        BigLittlePrefetch prefetch = new(s_grid);
        NoPredictions predictions = new();
        int[] little = [1, 3, -1, -1];
        return () =>
        {
            prefetch.OnPassStart(new PassStart(1, false, 1, s_embedding), predictions);
            prefetch.OnRouted(new RoutedLayer(0, 1, s_probabilities, little, s_next), predictions);
            prefetch.OnPassStart(new PassStart(2, false, 1, s_embedding, isRepeat: true), predictions);
        };
    }

    private static void Start(BigLittlePrefetch prefetch, long pass, IPredictions predictions, bool isRepeat = false) =>
        prefetch.OnPassStart(new PassStart(pass, isNewSequence: false, 1, s_embedding, isRepeat), predictions);

    private static void Route(BigLittlePrefetch prefetch, int layer, int[] chosen, IPredictions predictions) =>
        prefetch.OnRouted(new RoutedLayer(layer, 1, s_probabilities, chosen, layer + 1 < s_grid.NumLayers ? s_next : []), predictions);

    private sealed class OtherPrefetch : IPrefetch
    {
        public string Name => "other";

        public List<string> Heard { get; } = [];

        public void OnPassStart(in PassStart start, IPredictions predictions) => Heard.Add($"start {start.Pass}");

        public void OnRouted(in RoutedLayer routed, IPredictions predictions)
        {
            Heard.Add($"routed {routed.Layer}");
            predictions.Prefetch(2, 5, 0.5f);
        }

        public void OnPassEnd() => Heard.Add("end");

        public void Dispose() => Heard.Add("disposed");
    }
}
