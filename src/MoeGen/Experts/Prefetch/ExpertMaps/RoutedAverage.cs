namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// A running average of what the routers have said, layer by layer: what is to be expected of a layer where nothing better is known, and the
/// least that is expected where a single similar pass of the past says otherwise. Allocates nothing; for one thread.
/// </summary>
internal sealed class RoutedAverage
{
    private readonly int _numExperts;
    private readonly float _decay;
    private readonly float[] _average; // [layers, experts]

    /// <summary>Creates the average of a model that has not run.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="decay">Weight of the past against a new token, 0 up to 1.</param>
    public RoutedAverage(ExpertGrid grid, float decay)
    {
        _numExperts = grid.NumExperts;
        _decay = decay;
        _average = new float[grid.Count];
        Array.Fill(_average, 1f / grid.NumExperts);
    }

    /// <summary>The average of a layer, [experts].</summary>
    public ReadOnlySpan<float> Of(int layer) => _average.AsSpan(layer * _numExperts, _numExperts);

    /// <summary>Takes the distribution of one token, [experts].</summary>
    public void Add(int layer, ReadOnlySpan<float> distribution)
    {
        Span<float> average = _average.AsSpan(layer * _numExperts, _numExperts);
        for (int expert = 0; expert < average.Length; expert++)
        {
            average[expert] = (_decay * average[expert]) + ((1 - _decay) * distribution[expert]);
        }
    }
}
