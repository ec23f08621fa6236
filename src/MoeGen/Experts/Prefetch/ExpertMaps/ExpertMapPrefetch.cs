using System.Diagnostics;
using MoeGen.Engine;

namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>
/// Expects of a pass what the most similar one of the past has done: by the token's embedding for the first layers, by what has been routed
/// so far for the layer d ahead.
/// </summary>
/// <remarks>
/// Loads ahead the fewest experts that cover <c>delta = clip(1 - score, 0, 1)</c> of the matched distribution, at least as many as a token
/// chooses. Several sequences may take turns; each pass is searched for by itself. Of several sequences in one pass each is searched for
/// by itself, too, up to <see cref="MaxFollowed"/> of them, and what is expected of them is merged: every expert that any of them selects,
/// with the largest probability. Source: FineMoE (arXiv 2502.05370); merging is that of its code.
/// </remarks>
public sealed partial class ExpertMapPrefetch : IPrefetch
{
    /// <summary>Sequences of a pass that are followed, of more the last ones: with too many, predictions would come too late.</summary>
    public const int MaxFollowed = 16;

    private readonly ExpertMapOptions _options;
    private readonly ExpertGrid _grid;
    private readonly int _distance;
    private readonly ExpertMapStore _store;
    private readonly SemanticSearch _semantic;
    private readonly TrajectorySearch[] _trajectories; // [sequences that are followed at most]
    private readonly PassRecord _record;
    private readonly ExpertSelection _selection;
    private readonly LayerPrediction _prediction;
    private readonly RoutedAverage? _average; // null: what has been routed is expected no further
    private readonly MapMatch[] _matches; // [promptRows + trajectories] of the tokens that were searched for
    private readonly int[] _followed; // [trajectories] token of the pass whose layers each of them holds
    private readonly float[] _uniform; // [experts]
    private readonly float[] _distribution; // [experts]
    private readonly float[] _pooled; // [hidden]
    private readonly long _loadedVersion;
    private int _numFollowed; // trajectories of this pass
    private long _searches;
    private long _searchTicks;
    private long _rowsAdded;
    private long _rowsReplaced;

    /// <summary>Creates the prefetcher, with the store of its file if there is one.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="options">Choices; null: the defaults.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="MoeGenException">The file is damaged, or of another model.</exception>
    /// <exception cref="IOException">The file cannot be read, or is missing in offline mode.</exception>
    public ExpertMapPrefetch(PrefetchSetup setup, ExpertMapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(setup);
        _options = options ?? new ExpertMapOptions();
        _options.Validate();
        _grid = setup.Grid;
        _distance = _options.DistanceFor(_grid);
        _store = _options.StorePath is { } path && (_options.Mode == ExpertMapMode.Offline || File.Exists(path))
            ? ExpertMapStore.Load(path, setup, _options.Capacity)
            : new ExpertMapStore(setup, _options.Capacity);
        _loadedVersion = _store.Version;
        _semantic = new SemanticSearch(_store, _options.ExactSearchLimit);
        _trajectories = new TrajectorySearch[NumFollowed(setup)];
        for (int i = 0; i < _trajectories.Length; i++)
        {
            _trajectories[i] = new TrajectorySearch(_store, _options.ExactSearchLimit);
        }

        _followed = new int[_trajectories.Length];
        _record = new PassRecord(setup, _options.PromptRows);
        _selection = new ExpertSelection(_grid.NumExperts);
        _prediction = new LayerPrediction(_grid.NumExperts);
        _average = _options.RoutedDecay is { } decay ? new RoutedAverage(_grid, decay) : null;
        _matches = new MapMatch[_options.PromptRows + _trajectories.Length];
        _uniform = new float[_grid.NumExperts];
        Array.Fill(_uniform, 1f / _grid.NumExperts);
        _distribution = new float[_grid.NumExperts];
        _pooled = new float[setup.HiddenSize];
    }

    /// <inheritdoc/>
    public string Name => "expert-map";

    /// <summary>Layers between the one just routed and the one to load for.</summary>
    public int PrefetchDistance => _distance;

    /// <summary>The maps of past passes; owned by the prefetcher.</summary>
    public ExpertMapStore Store => _store;

    /// <summary>What has been done so far; may be asked for while the model runs, and is then a moment old.</summary>
    public ExpertMapCounters Counters => new(
        Volatile.Read(ref _searches), Volatile.Read(ref _searchTicks), Volatile.Read(ref _rowsAdded), Volatile.Read(ref _rowsReplaced));

    /// <inheritdoc/>
    public void OnPassStart(in PassStart start, IPredictions predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        _record.Begin(start);
        if (_options.ProbabilityReset == ProbabilityReset.EveryPass
            || (_options.ProbabilityReset == ProbabilityReset.EverySequence && start.IsNewSequence))
        {
            for (int layer = 0; layer < _grid.NumLayers; layer++)
            {
                predictions.Expect(layer, _uniform);
            }
        }

        _numFollowed = 0;
        int numMatches = 0;
        for (int i = Math.Max(0, start.NumSegments - _trajectories.Length); i < start.NumSegments; i++)
        {
            Share tokens = start.SegmentAt(i);
            bool isPrompt = start.IsNewSequence || tokens.End - tokens.Start > 1;
            if (_options.UsesTrajectorySearch && (!isPrompt || _options.UsesPromptTrajectories))
            {
                _trajectories[_numFollowed].Reset();
                _followed[_numFollowed++] = tokens.End - 1;
            }

            if (_options.UsesSemanticSearch && (!isPrompt || _options.PrefetchesForPrompts))
            {
                numMatches += FindSimilarTokens(start, tokens, _matches.AsSpan(numMatches));
            }
        }

        if (numMatches > 0)
        {
            ExpectFirstLayers(_matches.AsSpan(0, numMatches), predictions);
        }
    }

    /// <inheritdoc/>
    public void OnRouted(in RoutedLayer routed, IPredictions predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        _record.Add(routed);
        if (_average is not null)
        {
            for (int row = 0; row < _record.NumRows; row++)
            {
                _average.Add(routed.Layer, _record.Distribution(row, routed.Layer));
            }

            predictions.Expect(routed.Layer, _average.Of(routed.Layer));
        }

        for (int i = 0; i < _numFollowed; i++)
        {
            long began = Stopwatch.GetTimestamp();
            _trajectories[i].Add(
                routed.Layer, routed.Probabilities.Slice(_followed[i] * _grid.NumExperts, _grid.NumExperts));
            _matches[i] = routed.Layer + 1 < _grid.NumLayers ? _trajectories[i].Find() : MapMatch.None;
            CountSearch(began);
        }

        if (_numFollowed > 0)
        {
            ExpectAhead(_matches.AsSpan(0, _numFollowed), routed.Layer + 1, target: routed.Layer + _distance, predictions);
        }
    }

    /// <inheritdoc/>
    public void OnPassEnd()
    {
        if (_options.Mode == ExpertMapMode.Offline)
        {
            return;
        }

        for (int row = 0; row < _record.NumRows; row++)
        {
            Remember(row);
        }
    }

    /// <summary>Writes the store into its file if anything is new, and frees it.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Dispose()
    {
        try
        {
            if (_options is { Mode: ExpertMapMode.Online, StorePath: { } path } && _store.Version != _loadedVersion)
            {
                _store.Save(path);
            }
        }
        finally
        {
            _store.Dispose();
        }
    }

    internal static long SizeInBytesOf(PrefetchSetup setup, ExpertMapOptions options) =>
        ExpertMapStore.SizeInBytesOf(setup, options.Capacity)
        + SemanticSearch.SizeInBytesOf(setup, options.Capacity, options.ExactSearchLimit)
        + (NumFollowed(setup) * TrajectorySearch.SizeInBytesOf(setup, options.Capacity, options.ExactSearchLimit))
        + PassRecord.SizeInBytesOf(setup, options.PromptRows);

    private static int NumFollowed(PrefetchSetup setup) => Math.Min(setup.MaxSequences, MaxFollowed);

    // matches for the tokens of a sequence; how many
    private int FindSimilarTokens(in PassStart start, Share tokens, Span<MapMatch> matches)
    {
        int hidden = _pooled.Length;
        if (_options.PromptEmbedding == PromptEmbedding.MeanPool && tokens.End - tokens.Start > 1)
        {
            Pool(start.Embeddings[(tokens.Start * hidden)..(tokens.End * hidden)]);
            matches[0] = FindSimilar(_pooled);
            return 1;
        }

        int most = _options.PromptEmbedding == PromptEmbedding.PerToken ? Math.Min(_options.PromptRows, matches.Length) : 1;
        int count = Math.Min(most, tokens.End - tokens.Start);
        for (int i = 0; i < count; i++)
        {
            matches[i] = FindSimilar(start.Embeddings.Slice((tokens.End - count + i) * hidden, hidden));
        }

        return count;
    }

    // the sum, whose cosines are those of the mean
    private void Pool(ReadOnlySpan<float> embeddings)
    {
        Array.Clear(_pooled);
        for (; !embeddings.IsEmpty; embeddings = embeddings[_pooled.Length..])
        {
            for (int i = 0; i < _pooled.Length; i++)
            {
                _pooled[i] += embeddings[i];
            }
        }
    }

    private MapMatch FindSimilar(ReadOnlySpan<float> embedding)
    {
        long began = Stopwatch.GetTimestamp();
        MapMatch match = _semantic.Find(embedding);
        CountSearch(began);
        return match;
    }

    // the first layers are those that the matched passes walked: in a model of two stacks, where a pass walks one, perhaps not layer 0
    private void ExpectFirstLayers(ReadOnlySpan<MapMatch> matches, IPredictions predictions)
    {
        int numExpected = 0;
        for (int layer = 0; layer < _grid.NumLayers && (numExpected < _distance || _options.ExpectsAllLayersAhead); layer++)
        {
            numExpected += Announce(matches, layer, isPrefetched: numExpected < _distance, predictions) ? 1 : 0;
        }
    }

    private void ExpectAhead(ReadOnlySpan<MapMatch> matches, int first, int target, IPredictions predictions)
    {
        for (int layer = _options.ExpectsAllLayersAhead ? first : target; layer < _grid.NumLayers; layer++)
        {
            if (layer == target || _options.ExpectsAllLayersAhead)
            {
                _ = Announce(matches, layer, isPrefetched: layer == target, predictions);
            }
        }
    }

    private void Merge(MapMatch match, int layer, bool isPrefetched)
    {
        if (match.IsFound && _store.Read(match.Row, layer, _distribution))
        {
            float delta = _options.UsesDelta ? ExpertSelection.DeltaOf(match.Score) : 0;
            _prediction.Merge(_distribution, isPrefetched ? _selection.Cover(_distribution, delta, _grid.TopK) : []);
        }
    }

    // what the matches say of a layer; whether they say anything
    private bool Announce(ReadOnlySpan<MapMatch> matches, int layer, bool isPrefetched, IPredictions predictions)
    {
        _prediction.Clear();
        foreach (MapMatch match in matches)
        {
            Merge(match, layer, isPrefetched);
        }

        if (_prediction.IsEmpty)
        {
            return false;
        }

        predictions.Expect(layer, _prediction.AtLeast(_average is null ? default : _average.Of(layer)));
        if (isPrefetched)
        {
            _prediction.Prefetch(layer, _options.MinProbability, predictions);
        }

        return true;
    }

    private void CountSearch(long began)
    {
        _searches++;
        _searchTicks += Stopwatch.GetTimestamp() - began;
    }
}
