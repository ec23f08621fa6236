namespace MoeGen.Experts.Prefetch;

/// <summary>
/// Loads ahead for MoBiLE: of the next layer as many of the best experts as this one runs, by that layer's router on this layer's input;
/// and when a token is run again with all experts, what its little pass has left out, of every layer.
/// </summary>
/// <remarks>
/// Source: MoBiLE (arXiv 2510.12357), which reuses what routers say and trains nothing. The routers of a little pass foretell the pass that
/// follows well: it has the same token, and half of its experts. Beside a method of another's, that one says what is worth how much, and
/// hears nothing of repeats, which would count a token twice. Of several tokens the last one is asked for, and where only some of them run
/// again, none: which ones is not known.
/// </remarks>
public sealed class BigLittlePrefetch : IPrefetch
{
    private readonly ExpertGrid _grid;
    private readonly IPrefetch? _other;
    private readonly ExpertSelection _ranking;
    private readonly int[] _numLeftOut; // [layers] of the little pass; 0: not routed
    private readonly int[] _leftOut; // [layers, topK] experts that the little pass has not run, most probable first
    private readonly float[] _wanted; // [layers, experts] what the routers of the little pass said, 1 for what the token needs
    private long _pass; // that the numbers above are of
    private int _numTokens; // of the same pass
    private bool _isRepeat;

    /// <summary>Creates the prefetcher.</summary>
    /// <param name="grid">The experts.</param>
    /// <param name="other">Another prefetcher, whose predictions are followed as well and which is disposed with this one; null: none.</param>
    public BigLittlePrefetch(ExpertGrid grid, IPrefetch? other = null)
    {
        ArgumentNullException.ThrowIfNull(grid);
        _grid = grid;
        _other = other;
        _ranking = new ExpertSelection(grid.NumExperts);
        _numLeftOut = new int[grid.NumLayers];
        _leftOut = new int[grid.NumLayers * grid.TopK];
        _wanted = new float[grid.Count];
    }

    /// <inheritdoc/>
    public string Name => _other is null ? "big-little" : "big-little-" + _other.Name;

    /// <inheritdoc/>
    public bool NeedsNextRouter => true;

    /// <inheritdoc/>
    public void OnPassStart(in PassStart start, IPredictions predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        _isRepeat = start.IsRepeat;
        if (_isRepeat && start.Pass == _pass + 1 && start.NumTokens == _numTokens)
        {
            AskForLeftOut(predictions);
        }

        Array.Clear(_numLeftOut);
        _pass = start.Pass;
        _numTokens = start.NumTokens;
        if (!_isRepeat)
        {
            _other?.OnPassStart(start, predictions);
        }
    }

    /// <inheritdoc/>
    public void OnRouted(in RoutedLayer routed, IPredictions predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        ReadOnlySpan<int> chosen = routed.Chosen[^_grid.TopK..];
        int numChosen = _grid.TopK - chosen.Count(Routing.Dropped);
        if (numChosen < _grid.TopK)
        {
            RememberLeftOut(routed.Layer, routed.Probabilities[^_grid.NumExperts..], chosen, _grid.TopK - numChosen);
        }

        if (!_isRepeat)
        {
            _other?.OnRouted(routed, predictions);
        }

        ReadOnlySpan<float> next = routed.NextProbabilities;
        if (next.IsEmpty)
        {
            return;
        }

        if (_other is null)
        {
            predictions.Expect(routed.Layer + 1, next);
        }

        foreach (int expert in _ranking.Rank(next)[..numChosen])
        {
            predictions.Prefetch(routed.Layer + 1, expert, next[expert]);
        }
    }

    /// <inheritdoc/>
    public void OnPassEnd()
    {
        if (!_isRepeat)
        {
            _other?.OnPassEnd();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _other?.Dispose();

    internal static long SizeInBytesOf(ExpertGrid grid) =>
        (grid.Count * (long)sizeof(float)) + (grid.NumLayers * (grid.TopK + 1L) * sizeof(int));

    private Span<int> LeftOut(int layer) => _leftOut.AsSpan(layer * _grid.TopK, _numLeftOut[layer]);

    private Span<float> Wanted(int layer) => _wanted.AsSpan(_grid.KeyOf(layer, 0), _grid.NumExperts);

    // what did not run and is most probable: ranks K/2 + 1 to K
    private void RememberLeftOut(int layer, ReadOnlySpan<float> probabilities, ReadOnlySpan<int> chosen, int count)
    {
        _numLeftOut[layer] = count;
        Span<int> leftOut = LeftOut(layer);
        int found = 0;
        foreach (int expert in _ranking.Rank(probabilities))
        {
            if (found < count && !chosen.Contains(expert))
            {
                leftOut[found++] = expert;
            }
        }

        Span<float> wanted = Wanted(layer);
        probabilities.CopyTo(wanted);
        foreach (int expert in leftOut)
        {
            wanted[expert] = 1;
        }

        foreach (int expert in chosen)
        {
            if (expert != Routing.Dropped)
            {
                wanted[expert] = 1;
            }
        }
    }

    private void AskForLeftOut(IPredictions predictions)
    {
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            if (_numLeftOut[layer] > 0)
            {
                predictions.Expect(layer, Wanted(layer));
                foreach (int expert in LeftOut(layer))
                {
                    predictions.Prefetch(layer, expert, 1);
                }
            }
        }
    }
}
