using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

public class LayerPredictionTests
{
    [Fact]
    public void SeveralTokens_GiveTheUnionWithTheLargestProbabilities()
    {
        LayerPrediction prediction = new(4);
        prediction.Merge([0.5f, 0.3f, 0.2f, 0], [0, 1]);
        prediction.Merge([0.1f, 0.1f, 0.7f, 0.1f], [2]);
        RecordedPredictions predictions = new();
        prediction.Prefetch(3, 0, predictions);
        Assert.Equal([(3, 2, 0.7f), (3, 0, 0.5f), (3, 1, 0.3f)], predictions.Take());
        Assert.Equal([0.5f, 0.3f, 0.7f, 0.1f], prediction.AtLeast([]));
    }

    [Fact]
    public void TooImprobable_IsExpectedButNotAskedFor()
    {
        LayerPrediction prediction = new(3);
        prediction.Merge([0.9f, 0.06f, 0.04f], [0, 1, 2]);
        RecordedPredictions predictions = new();
        prediction.Prefetch(0, 0.05f, predictions);
        Assert.Equal([(0, 0), (0, 1)], predictions.TakeExperts());
        Assert.Equal([0.9f, 0.06f, 0.04f], prediction.AtLeast([]));
    }

    [Fact]
    public void Clear_ForgetsAll()
    {
        LayerPrediction prediction = new(2);
        Assert.True(prediction.IsEmpty);
        prediction.Merge([1, 0], [0]);
        Assert.False(prediction.IsEmpty);
        prediction.Clear();
        Assert.True(prediction.IsEmpty);
        prediction.Merge([0, 1], [1]);
        RecordedPredictions predictions = new();
        prediction.Prefetch(0, 0, predictions);
        Assert.Equal([(0, 1)], predictions.TakeExperts());
    }

    [Fact]
    public void AtLeast_RaisesWhatIsExpectedAnyway()
    {
        LayerPrediction prediction = new(3);
        prediction.Merge([0.9f, 0.1f, 0], [0]);
        Assert.Equal([0.9f, 0.3f, 0.2f], prediction.AtLeast([0.5f, 0.3f, 0.2f]));
    }
}
