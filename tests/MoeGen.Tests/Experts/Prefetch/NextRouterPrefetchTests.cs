using MoeGen.Experts;
using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

public class NextRouterPrefetchTests
{
    private static readonly ExpertGrid s_grid = new(3, 4, 2);

    [Fact]
    public void NextLayersBestExperts_AreAskedFor()
    {
        using NextRouterPrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        float[] next = [0.1f, 0.4f, 0.2f, 0.3f];
        prefetch.OnRouted(new RoutedLayer(1, 1, [1, 0, 0, 0], [0, 1], next), predictions);
        Assert.Equal([(2, 1, 0.4f), (2, 3, 0.3f)], predictions.Take());
        Assert.Equal(next, predictions.Expected[2]);
        Assert.True(prefetch.NeedsNextRouter);
    }

    [Fact]
    public void NumberOfExperts_IsAChoice_BoundedByTheLayer()
    {
        foreach ((int asked, int expected) in new[] { (1, 1), (3, 3), (9, 4) })
        {
            using NextRouterPrefetch prefetch = new(s_grid, asked);
            RecordedPredictions predictions = new();
            prefetch.OnRouted(new RoutedLayer(0, 1, [1, 0, 0, 0], [0, 1], [0.1f, 0.4f, 0.2f, 0.3f]), predictions);
            Assert.Equal(expected, predictions.Take().Length);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new NextRouterPrefetch(s_grid, 0));
    }

    [Fact]
    public void LastLayer_HasNoNext()
    {
        using NextRouterPrefetch prefetch = new(s_grid);
        RecordedPredictions predictions = new();
        prefetch.OnRouted(new RoutedLayer(2, 1, [1, 0, 0, 0], [0, 1], []), predictions);
        Assert.Empty(predictions.Take());
        Assert.Empty(predictions.Expected);
    }
}
