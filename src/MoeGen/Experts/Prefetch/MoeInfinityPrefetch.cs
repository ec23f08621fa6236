namespace MoeGen.Experts.Prefetch;

/// <summary>
/// Traces which experts a request activates, and expects of it what the nearest request of the past has activated: in all layers to come,
/// the nearer ones first. A request begins with the experts that are most activated over all.
/// </summary>
/// <remarks>
/// Prefetches with <c>share x (1 - (layer - running) / (layers + 1))</c>. Sequences that take turns end up in one trace. Source:
/// MoE-Infinity (arXiv 2401.14361).
/// </remarks>
public sealed class MoeInfinityPrefetch : IPrefetch
{
    /// <summary>Traces when nothing else is said: as many as a store of expert maps keeps.</summary>
    public const int DefaultCapacity = 1000;

    private readonly ExpertGrid _grid;
    private readonly int _expertsPerLayer;
    private readonly ActivationCollection _collection;
    private readonly ActivationMatrix _request;
    private readonly ExpertSelection _selection;
    private readonly long[] _popularity; // [layers, experts] choices of the whole run
    private readonly float[] _shares; // [experts] of a layer's choices

    /// <summary>Creates the prefetcher.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="capacity">Most traces that are kept.</param>
    /// <param name="expertsPerLayer">Most experts of a layer to load ahead; null: all that the trace has, as in the reference.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public MoeInfinityPrefetch(ExpertGrid grid, int capacity = DefaultCapacity, int? expertsPerLayer = null)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(expertsPerLayer ?? 1, 1, nameof(expertsPerLayer));
        _grid = grid;
        _expertsPerLayer = Math.Min(expertsPerLayer ?? grid.NumExperts, grid.NumExperts);
        _collection = new ActivationCollection(grid, capacity);
        _request = new ActivationMatrix(grid, _collection, capacity);
        _selection = new ExpertSelection(grid.NumExperts);
        _popularity = new long[grid.Count];
        _shares = new float[grid.NumExperts];
    }

    /// <inheritdoc/>
    public string Name => "moe-infinity";

    /// <summary>Requests of the past that are known.</summary>
    public int NumTraces => _collection.Count;

    /// <inheritdoc/>
    public void OnPassStart(in PassStart start, IPredictions predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        if (start.IsNewSequence)
        {
            _request.EndRequest();
            for (int layer = 0; layer < _grid.NumLayers; layer++)
            {
                ReadPopularity(layer);
                Announce(layer, -1, predictions);
            }
        }
        else
        {
            Predict(-1, predictions);
        }
    }

    /// <inheritdoc/>
    public void OnRouted(in RoutedLayer routed, IPredictions predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        _request.Count(routed.Layer, routed.Chosen);
        foreach (int expert in routed.Chosen)
        {
            if (expert != Routing.Dropped)
            {
                _popularity[_grid.KeyOf(routed.Layer, expert)]++;
            }
        }

        Predict(routed.Layer, predictions);
    }

    /// <inheritdoc/>
    public void OnPassEnd()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _collection.Dispose();

    internal static long SizeInBytesOf(ExpertGrid grid, int capacity) =>
        ActivationCollection.SizeInBytesOf(grid, capacity)
        + ActivationMatrix.SizeInBytesOf(grid, capacity)
        + ((long)grid.Count * sizeof(long));

    // -1 stands for the time before the first layer
    private void Predict(int runningLayer, IPredictions predictions)
    {
        int nearest = _request.FindNearest();
        if (nearest < 0)
        {
            return;
        }

        _collection.OnAccessed(nearest);
        for (int layer = runningLayer + 1; layer < _grid.NumLayers; layer++)
        {
            _collection.Read(nearest, layer, _shares);
            Announce(layer, runningLayer, predictions);
        }
    }

    private void ReadPopularity(int layer)
    {
        for (int expert = 0; expert < _shares.Length; expert++)
        {
            _shares[expert] = _popularity[_grid.KeyOf(layer, expert)];
        }
    }

    private void Announce(int layer, int runningLayer, IPredictions predictions)
    {
        ReadOnlySpan<int> ranked = _selection.Rank(_shares)[.._expertsPerLayer];
        if (_shares[ranked[0]] == 0)
        {
            return;
        }

        Normalise();
        predictions.Expect(layer, _shares);
        float decay = 1 - ((float)(layer - runningLayer) / (_grid.NumLayers + 1));
        foreach (int expert in ranked)
        {
            if (_shares[expert] == 0)
            {
                break;
            }

            predictions.Prefetch(layer, expert, _shares[expert] * decay);
        }
    }

    private void Normalise()
    {
        float sum = 0;
        foreach (float share in _shares)
        {
            sum += share;
        }

        for (int expert = 0; expert < _shares.Length; expert++)
        {
            _shares[expert] /= sum;
        }
    }
}
