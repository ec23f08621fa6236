namespace MoeGen.Experts.Prefetch;

/// <summary>
/// Asks the router of the next layer what it makes of this layer's router input, and loads the most probable experts ahead. The residual
/// stream changes little from layer to layer, so one layer ahead this is a good guess.
/// </summary>
/// <remarks>
/// Source: speculative loading of mixtral-offloading (arXiv 2312.17238). In a pass of several tokens it guesses for the last one.
/// </remarks>
public sealed class NextRouterPrefetch : IPrefetch
{
    private readonly ExpertSelection _selection;
    private readonly int _expertsPerLayer;

    /// <summary>Creates the prefetcher.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="expertsPerLayer">Experts to load ahead; null: as many as a token chooses.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="expertsPerLayer"/> is below 1.</exception>
    public NextRouterPrefetch(ExpertGrid grid, int? expertsPerLayer = null)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ArgumentOutOfRangeException.ThrowIfLessThan(expertsPerLayer ?? 1, 1, nameof(expertsPerLayer));
        _selection = new ExpertSelection(grid.NumExperts);
        _expertsPerLayer = Math.Min(expertsPerLayer ?? grid.TopK, grid.NumExperts);
    }

    /// <inheritdoc/>
    public string Name => "next-router";

    /// <inheritdoc/>
    public bool NeedsNextRouter => true;

    /// <inheritdoc/>
    public void OnPassStart(in PassStart start, IPredictions predictions)
    {
    }

    /// <inheritdoc/>
    public void OnRouted(in RoutedLayer routed, IPredictions predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ReadOnlySpan<float> next = routed.NextProbabilities;
        if (next.IsEmpty)
        {
            return;
        }

        predictions.Expect(routed.Layer + 1, next);
        foreach (int expert in _selection.Rank(next)[.._expertsPerLayer])
        {
            predictions.Prefetch(routed.Layer + 1, expert, next[expert]);
        }
    }

    /// <inheritdoc/>
    public void OnPassEnd()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
