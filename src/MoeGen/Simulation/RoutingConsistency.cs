using MoeGen.Experts;
using MoeGen.Traces;

namespace MoeGen.Simulation;

/// <summary>How much the tokens of a stretch of text agree on their experts, for one cache size and one length.</summary>
/// <param name="CacheRatio">Experts of a layer in the cache, as a multiple of those that a token chooses (rho).</param>
/// <param name="SegmentLength">Tokens of a segment, or of the look-ahead (m).</param>
/// <param name="Srp">Segment routing best performance, 0 to 1; null: no sequence is that long.</param>
/// <param name="Sch">Segment cache best hit rate, 0 to 1.</param>
internal sealed record ConsistencyPoint(double CacheRatio, int SegmentLength, double? Srp, double Sch);

/// <summary>
/// Local routing consistency: whether offloading the experts of a model can pay at all, whatever the policy. Both numbers are of the
/// routing alone and know no time.
/// </summary>
/// <remarks>
/// With n = round(rho x topK) experts of a layer, at most all of them:
/// <list type="bullet">
/// <item>SRP(m): every sequence is cut into segments of m tokens, what is left at its end not counted. Of a segment's choices in a layer, a
/// fixed group of n experts that is chosen for this segment covers at best the n most frequent. SRP is the mean of that share over segments
/// and layers; 1: all tokens of a segment choose among the same n.</item>
/// <item>SCH(m): each layer has a cache of n experts, empty when a sequence begins. Behind every token it keeps, of what it held and what
/// the token has brought, the n experts that the next m tokens choose most often; among equals those used last. SCH is the share of choices
/// that find their expert in the cache, over layers and tokens; the first ones never do.</item>
/// </list>
/// Source: Liang et al., arXiv 2505.16056; segments, ties and the empty start are as stated here, so numbers compare among themselves.
/// </remarks>
internal sealed class RoutingConsistency
{
    private readonly ActivationTrace _trace;
    private readonly ExpertGrid _grid;

    private RoutingConsistency(ActivationTrace trace)
    {
        _trace = trace;
        _grid = trace.Info.Grid;
    }

    /// <summary>Computes both numbers for all pairs of cache sizes and lengths.</summary>
    /// <param name="trace">The trace; the choices of one sequence are in memory at a time.</param>
    /// <param name="cacheRatios">Cache sizes, as multiples of topK, above 0.</param>
    /// <param name="segmentLengths">Lengths in tokens, at least 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TraceException">A choice makes no sense.</exception>
    public static IReadOnlyList<ConsistencyPoint> Measure(
        ActivationTrace trace, IReadOnlyList<double> cacheRatios, IReadOnlyList<int> segmentLengths, CancellationToken cancellationToken) =>
        new RoutingConsistency(trace).Measure(cacheRatios, segmentLengths, cancellationToken);

    private ConsistencyPoint[] Measure(
        IReadOnlyList<double> cacheRatios, IReadOnlyList<int> segmentLengths, CancellationToken cancellationToken)
    {
        Tally[] tallies =
        [
            .. from ratio in cacheRatios
               from length in segmentLengths
               select new Tally(ratio, length, Math.Clamp((int)Math.Round(ratio * _grid.TopK), 1, _grid.NumExperts)),
        ];
        TraceReader reader = _trace.CreateReader();
        List<int> choices = []; // [tokens, layers, topK] of a sequence
        for (int pass = 0; pass < _trace.Passes.Count; pass++)
        {
            choices.AddRange(reader.ReadExperts(pass));
            if (pass + 1 == _trace.Passes.Count || _trace.Passes[pass + 1].IsNewSequence)
            {
                for (int layer = 0; layer < _grid.NumLayers; layer++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    int[][] tokens = TokensOf(choices, layer);
                    foreach (Tally tally in tallies)
                    {
                        CountSegments(tokens, tally);
                        CountCacheHits(tokens, tally);
                    }
                }

                choices.Clear();
            }
        }

        return [.. tallies.Select(tally => tally.ToPoint())];
    }

    // choices of the tokens that have walked a layer, dropped ones left out
    private int[][] TokensOf(List<int> choices, int layer)
    {
        int perToken = _grid.NumLayers * _grid.TopK;
        return
        [
            .. Enumerable.Range(0, choices.Count / perToken)
                .Select(token => choices.GetRange((token * perToken) + (layer * _grid.TopK), _grid.TopK))
                .Select(experts => experts.Where(expert => expert != Routing.Dropped).ToArray())
                .Where(experts => experts.Length > 0),
        ];
    }

    private void CountSegments(int[][] tokens, Tally tally)
    {
        int[] counts = new int[_grid.NumExperts];
        for (int first = 0; first + tally.Length <= tokens.Length; first += tally.Length)
        {
            Array.Clear(counts);
            int all = 0;
            foreach (int[] experts in tokens.AsSpan(first, tally.Length))
            {
                all += experts.Length;
                foreach (int expert in experts)
                {
                    counts[expert]++;
                }
            }

            Array.Sort(counts);
            tally.AddSegment((double)counts.AsSpan(^tally.NumCached..).ToArray().Sum() / all);
        }
    }

    private void CountCacheHits(int[][] tokens, Tally tally)
    {
        int[] future = new int[_grid.NumExperts]; // choices of the next tokens
        int[] lastUse = new int[_grid.NumExperts]; // token, counted from 1; 0: never
        List<int> cache = [];
        for (int token = 0; token < Math.Min(tally.Length, tokens.Length); token++)
        {
            AddTo(future, tokens[token], 1);
        }

        for (int token = 0; token < tokens.Length; token++)
        {
            AddTo(future, tokens[token], -1);
            if (token + tally.Length < tokens.Length)
            {
                AddTo(future, tokens[token + tally.Length], 1);
            }

            foreach (int expert in tokens[token])
            {
                bool isHit = cache.Contains(expert);
                tally.AddUse(isHit);
                lastUse[expert] = token + 1;
                if (!isHit)
                {
                    cache.Add(expert);
                }
            }

            if (cache.Count > tally.NumCached)
            {
                cache.Sort((a, b) => (future[b], lastUse[b], a).CompareTo((future[a], lastUse[a], b)));
                cache.RemoveRange(tally.NumCached, cache.Count - tally.NumCached);
            }
        }
    }

    private static void AddTo(int[] counts, int[] experts, int step)
    {
        foreach (int expert in experts)
        {
            counts[expert] += step;
        }
    }

    private sealed class Tally(double ratio, int length, int numCached)
    {
        private double _shares;
        private long _segments;
        private long _uses;
        private long _hits;

        public int Length => length;

        public int NumCached => numCached;

        public void AddSegment(double share)
        {
            _shares += share;
            _segments++;
        }

        public void AddUse(bool isHit)
        {
            _uses++;
            _hits += isHit ? 1 : 0;
        }

        public ConsistencyPoint ToPoint() =>
            new(ratio, length, _segments == 0 ? null : _shares / _segments, _uses == 0 ? 0 : (double)_hits / _uses);
    }
}
