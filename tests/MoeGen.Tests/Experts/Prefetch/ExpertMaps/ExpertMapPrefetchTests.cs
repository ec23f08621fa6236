using MoeGen.Experts;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Prefetch.ExpertMaps;
using MoeGen.Testing;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class ExpertMapPrefetchTests
{
    // 4 layers of 4 experts, top 1, hidden 2; distance 2
    private static readonly PrefetchSetup s_setup = new(new ExpertGrid(4, 4, 1), 2, "0123456789abcdef");

    // the paper's rules alone, d = 2
    private static readonly ExpertMapOptions s_paper = new()
    {
        PrefetchDistance = 2,
        RoutedDecay = null,
        ExpectsAllLayersAhead = false,
        ProbabilityReset = ProbabilityReset.EverySequence,
    };

    // all of the probability on one expert of each layer
    private static readonly float[] s_east = Map(0, 1, 2, 3);
    private static readonly float[] s_north = Map(3, 2, 1, 0);

    [Fact]
    public void EmptyStore_ExpectsNothing()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper);
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], s_east);
        Assert.Empty(predictions.Take());
        Assert.Equal(1, prefetch.Store.Count);
    }

    [Fact]
    public void Embedding_ServesTheFirstLayers_TrajectoryTheLayerTwoAhead()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper);
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], s_east);
        Decode(prefetch, predictions, [0, 1], s_north);
        predictions.Take();

        // the token's embedding is that of the first pass, its routing that of the second
        Start(prefetch, predictions, [1, 0]);
        Assert.Equal([(0, 0, 1), (1, 1, 1)], predictions.Take());
        Assert.Equal(s_east[..4], predictions.Expected[0]);
        Route(prefetch, predictions, 0, s_north);
        Assert.Equal([(2, 1, 1)], predictions.Take());
        Route(prefetch, predictions, 1, s_north);
        Assert.Equal([(3, 0, 1)], predictions.Take());
        Route(prefetch, predictions, 2, s_north);
        Route(prefetch, predictions, 3, s_north);
        Assert.Empty(predictions.Take());
    }

    [Fact]
    public void ExactMap_SelectsAsManyAsATokenChooses()
    {
        Random random = new(12);
        PrefetchSetup setup = new(new ExpertGrid(6, 16, 4), 8, "");
        float[] embedding = Distributions.RandomEmbedding(random, 8), map = Distributions.RandomMap(random, 6, 16);
        using ExpertMapPrefetch prefetch = new(setup, s_paper);
        RecordedPredictions predictions = new();
        Run(prefetch, predictions, setup, false, embedding, map);
        predictions.Take();
        Run(prefetch, predictions, setup, false, embedding, map);
        (int Layer, int Expert)[] best = [.. Enumerable.Range(0, 6).SelectMany(layer => Enumerable.Range(0, 16)
            .OrderByDescending(expert => map[(layer * 16) + expert]).Take(4).Select(expert => (layer, expert)))];
        Assert.Equal(best, predictions.TakeExperts());
    }

    [Theory]
    [InlineData(true, 3)] // cosine 0, delta 1: what has any probability
    [InlineData(false, 1)] // as many as a token chooses
    public void UnlikeMatch_SelectsMore_UnlessDeltaIsOff(bool usesDelta, int expected)
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper with { UsesDelta = usesDelta });
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], [.. Enumerable.Range(0, 4).SelectMany(_ => new[] { 0.25f, 0.5f, 0.25f, 0 })]);
        Start(prefetch, predictions, [0, 1]);
        Assert.Equal(expected, predictions.Take().Count(prefetched => prefetched.Layer == 0));
    }

    [Fact]
    public void Ablations_LeaveOutASearch()
    {
        foreach ((bool semantic, bool trajectory) in new[] { (true, false), (false, true) })
        {
            ExpertMapOptions options = s_paper with { UsesSemanticSearch = semantic, UsesTrajectorySearch = trajectory };
            using ExpertMapPrefetch prefetch = new(s_setup, options);
            RecordedPredictions predictions = new();
            Decode(prefetch, predictions, [1, 0], s_east);
            Decode(prefetch, predictions, [1, 0], s_east);
            int[] layers = [.. predictions.Take().Select(prefetched => prefetched.Layer)];
            Assert.Equal(semantic ? [0, 1] : [2, 3], layers);
        }
    }

    [Fact]
    public void Prompt_ServesTheFirstLayersOnly_AndAddsAMapForEachToken()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper);
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [0, 1], s_north);
        Run(prefetch, predictions, s_setup, true, [1, 0, 0, 1], s_east, s_north);
        Assert.Equal([(0, 3), (1, 2)], predictions.TakeExperts());
        Assert.Equal(3, prefetch.Store.Count);
    }

    [Fact]
    public void Prompt_ServesTheOtherLayers_WhenAsked()
    {
        ExpertMapOptions options = s_paper with { UsesPromptTrajectories = true, PrefetchesForPrompts = false };
        using ExpertMapPrefetch prefetch = new(s_setup, options);
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [0, 1], s_north);
        Run(prefetch, predictions, s_setup, true, [1, 0, 0, 1], s_east, s_north);
        Assert.Equal([(2, 1), (3, 0)], predictions.TakeExperts());
    }

    [Fact]
    public void LongPrompt_KeepsItsLastTokens()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper with { PromptRows = 2 });
        RecordedPredictions predictions = new();
        Run(prefetch, predictions, s_setup, true, [1, 0, 1, 0, 0, 1], s_north, s_east, s_north);
        float[] read = new float[4];
        Assert.Equal(2, prefetch.Store.Count);
        prefetch.Store.Read(0, 0, read);
        Assert.Equal(s_east[..4], read);
        prefetch.Store.Read(1, 0, read);
        Assert.Equal(s_north[..4], read);
    }

    [Theory]
    [InlineData(PromptEmbedding.LastToken, new[] { 3 })]
    [InlineData(PromptEmbedding.MeanPool, new[] { 0 })] // (3, 0) + (0, 1)
    [InlineData(PromptEmbedding.PerToken, new[] { 0, 3 })]
    public void PromptEmbedding_IsAChoice(PromptEmbedding embedding, int[] expected)
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper with { PromptEmbedding = embedding, UsesDelta = false });
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], s_east);
        Decode(prefetch, predictions, [0, 1], s_north);
        predictions.Take();
        prefetch.OnPassStart(new PassStart(3, true, 2, [3, 0, 0, 1]), predictions);
        Assert.Equal(expected, predictions.Take().Where(prefetched => prefetched.Layer == 0).Select(prefetched => prefetched.Expert));
    }

    [Theory]
    [InlineData(ProbabilityReset.EverySequence, true, false)]
    [InlineData(ProbabilityReset.EveryPass, true, true)]
    [InlineData(ProbabilityReset.Never, false, false)]
    public void Expectations_GoBack(ProbabilityReset reset, bool withASequence, bool withAPass)
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper with { ProbabilityReset = reset });
        foreach ((bool isNewSequence, bool expected) in new[] { (true, withASequence), (false, withAPass) })
        {
            RecordedPredictions predictions = new();
            prefetch.OnPassStart(new PassStart(1, isNewSequence, 1, [1, 0]), predictions);
            Assert.Equal(expected ? 4 : 0, predictions.Expected.Count(layer => layer.Value.All(probability => probability == 0.25f)));
        }
    }

    [Fact]
    public void RoutedLayers_AreExpectedAsARunningAverage()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper with { RoutedDecay = 0.5f });
        RecordedPredictions predictions = new();
        Start(prefetch, predictions, [1, 0]);

        // from 1/4 each, twice half of the way to expert 1: 1/4 -> 1/8 -> 1/16, and 1/4 -> 5/8 -> 13/16
        Route(prefetch, predictions, 1, s_east);
        Assert.Equal([0.125f, 0.625f, 0.125f, 0.125f], predictions.Expected[1]);
        Route(prefetch, predictions, 1, s_east);
        Assert.Equal([0.0625f, 0.8125f, 0.0625f, 0.0625f], predictions.Expected[1]);
    }

    [Fact]
    public void Match_IsExpectedOfAllLayersAhead_NowhereBelowTheAverage()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper with { RoutedDecay = 0.5f, ExpectsAllLayersAhead = true, PrefetchDistance = 1 });
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], s_east);
        predictions.Take();

        // after one token of "east" the average of layer l is 5/8 for expert l and 1/8 for the others; the map has 1 for expert l
        Start(prefetch, predictions, [1, 0]);
        Assert.Equal([(0, 0, 1)], predictions.Take());
        Assert.Equal([0.125f, 1, 0.125f, 0.125f], predictions.Expected[1]);
        Assert.Equal([0.125f, 0.125f, 0.125f, 1], predictions.Expected[3]);
    }

    [Fact]
    public void PassThatWalksOneStack_ExpectsThatStack()
    {
        // an encoder of layers 0 and 1, a decoder of 2 and 3; distance 1
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper with { PrefetchDistance = 1 });
        RecordedPredictions predictions = new();
        for (int pass = 0; pass < 2; pass++)
        {
            Start(prefetch, predictions, [1, 0]);
            Assert.Equal(pass == 0 ? [] : [(0, 0)], predictions.TakeExperts());
            Route(prefetch, predictions, 0, s_east);
            Assert.Equal(pass == 0 ? [] : [(1, 1)], predictions.TakeExperts());
            Route(prefetch, predictions, 1, s_east);
            Assert.Empty(predictions.TakeExperts());
            prefetch.OnPassEnd();

            Start(prefetch, predictions, [0, 1]);
            Assert.Equal(pass == 0 ? [(0, 0)] : [(2, 1)], predictions.TakeExperts());
            Route(prefetch, predictions, 2, s_north);
            Assert.Equal(pass == 0 ? [] : [(3, 0)], predictions.TakeExperts());
            Route(prefetch, predictions, 3, s_north);
            prefetch.OnPassEnd();
        }
    }

    [Fact]
    public void InterruptedPass_IsForgotten()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper);
        RecordedPredictions predictions = new();
        Start(prefetch, predictions, [1, 0]);
        Route(prefetch, predictions, 0, s_east);
        Decode(prefetch, predictions, [0, 1], s_north);
        float[] read = new float[4];
        Assert.Equal(1, prefetch.Store.Count);
        prefetch.Store.Read(0, 0, read);
        Assert.Equal(s_north[..4], read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FullStore_ReplacesTheMapMostLikeTheNewOne(bool traces)
    {
        Random random = new(7);
        PrefetchSetup setup = new(new ExpertGrid(4, 8, 2), 16, "");
        ExpertMapOptions options = s_paper with { Capacity = 10, UsesTrajectorySearch = traces, UsesPromptTrajectories = traces };
        using ExpertMapPrefetch prefetch = new(setup, options);
        RecordedPredictions predictions = new();
        float[][] embeddings = [.. Enumerable.Range(0, 10).Select(_ => Distributions.RandomEmbedding(random, 16))];
        float[][] maps = [.. Enumerable.Range(0, 10).Select(_ => Distributions.RandomMap(random, 4, 8))];
        Run(prefetch, predictions, setup, true, [.. embeddings.SelectMany(embedding => embedding)], maps);
        Assert.Equal(new ExpertMapCounters(0, 0, 10, 0), prefetch.Counters with { Searches = 0, SearchTicks = 0 });

        // decoded and as a prompt, each of which takes its own way to the cosines: every map replaces its duplicate
        Run(prefetch, predictions, setup, false, embeddings[6], maps[6]);
        Run(prefetch, predictions, setup, true, [.. embeddings[2], .. embeddings[8], .. embeddings[1]], maps[2], maps[8], maps[1]);
        Assert.Equal((10L, 4L), (prefetch.Counters.RowsAdded, prefetch.Counters.RowsReplaced));
        float[] read = new float[8];
        for (int row = 0; row < 10; row++)
        {
            prefetch.Store.Read(row, 3, read);
            Assert.Equal(1, Distributions.Cosine(read, maps[row].AsSpan(24)), 1e-5);
        }
    }

    [Fact]
    public void SequencesOfAPass_AreEachFollowed_AndMerged()
    {
        using ExpertMapPrefetch prefetch = new(s_setup with { MaxSequences = 2 }, s_paper);
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], s_east);
        Decode(prefetch, predictions, [0, 1], s_north);
        predictions.Take();

        // two steps: their embeddings say east and north, their routing the other way round
        prefetch.OnPassStart(new PassStart(3, false, 2, [1, 0, 0, 1], segmentEnds: [1, 2]), predictions);
        Assert.Equal([(0, 0, 1), (0, 3, 1), (1, 1, 1), (1, 2, 1)], predictions.Take());
        Assert.Equal([1, 0, 0, 1], predictions.Expected[0]);
        RouteTogether(prefetch, predictions, 0, s_north, s_east);
        Assert.Equal([(2, 1, 1), (2, 2, 1)], predictions.Take());
        Assert.Equal([0, 1, 1, 0], predictions.Expected[2]);
        RouteTogether(prefetch, predictions, 1, s_north, s_east);
        Assert.Equal([(3, 0, 1), (3, 3, 1)], predictions.Take());
    }

    [Fact]
    public void PromptBesideAStep_LeavesTheTrajectoryToTheStep()
    {
        using ExpertMapPrefetch prefetch = new(s_setup with { MaxSequences = 2 }, s_paper);
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], s_east);
        Decode(prefetch, predictions, [0, 1], s_north);
        predictions.Take();
        foreach (int[] ends in new int[][] { [2, 3], [1, 3] })
        {
            // the step goes east, whether it stands behind the prompt or before it
            float[][] maps = ends[0] == 2 ? [s_north, s_north, s_east] : [s_east, s_north, s_north];
            float[] embeddings = ends[0] == 2 ? [0, 1, 0, 1, 1, 0] : [1, 0, 0, 1, 0, 1];
            prefetch.OnPassStart(new PassStart(3, false, 3, embeddings, segmentEnds: ends), predictions);
            Assert.Equal([(0, 0, 1), (0, 3, 1), (1, 1, 1), (1, 2, 1)], predictions.Take());
            RouteTogether(prefetch, predictions, 0, maps);
            Assert.Equal([(2, 2, 1)], predictions.Take());
        }
    }

    [Fact]
    public void TooManySequences_AreFollowedByTheLastOnes()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper);
        RecordedPredictions predictions = new();
        Decode(prefetch, predictions, [1, 0], s_east);
        Decode(prefetch, predictions, [0, 1], s_north);
        predictions.Take();
        prefetch.OnPassStart(new PassStart(3, false, 2, [1, 0, 0, 1], segmentEnds: [1, 2]), predictions);
        Assert.Equal([(0, 3), (1, 2)], predictions.TakeExperts());
        RouteTogether(prefetch, predictions, 0, s_north, s_east);
        Assert.Equal([(2, 2)], predictions.TakeExperts());
    }

    [Fact]
    public void SequencesOfTwoDomains_GetWhatEachGetsAlone_AndHitNoLess()
    {
        Random random = new(5);
        PrefetchSetup one = new(new ExpertGrid(6, 16, 3), 8, ""), two = one with { MaxSequences = 2 };
        (float[] Embedding, float[] Map)[] past = [.. Enumerable.Range(0, 40).Select(i => OfDomain(random, i % 2))];
        using ExpertMapPrefetch alone = Filled(one), last = Filled(one), together = Filled(two);
        int hits = 0, hitsOfLast = 0;
        for (int trial = 0; trial < 20; trial++)
        {
            (float[] Embedding, float[] Map) first = OfDomain(random, 0), second = OfDomain(random, 1);
            float[] embeddings = [.. first.Embedding, .. second.Embedding];
            RecordedPredictions ofFirst = Predict(alone, first.Embedding, [1], first.Map);
            RecordedPredictions ofSecond = Predict(alone, second.Embedding, [1], second.Map);
            RecordedPredictions ofBoth = Predict(together, embeddings, [1, 2], first.Map, second.Map);
            for (int layer = 0; layer < 6; layer++)
            {
                Assert.Equal(ofFirst.Expected[layer].Zip(ofSecond.Expected[layer], Math.Max), ofBoth.Expected[layer]);
            }

            (int, int)[] merged = ofBoth.TakeExperts();
            Assert.Equal(ofFirst.TakeExperts().Union(ofSecond.TakeExperts()).Order(), merged.Order());
            HashSet<(int, int)> wanted = [.. Chosen(first.Map), .. Chosen(second.Map)];
            hits += wanted.Intersect(merged).Count();
            hitsOfLast += wanted.Intersect(Predict(last, embeddings, [1, 2], first.Map, second.Map).TakeExperts()).Count();
            Assert.True(hits >= hitsOfLast, $"{hits} of both, {hitsOfLast} of the last");
        }

        // half of what is wanted is of the first one's domain
        Assert.True(hits > 1.5 * hitsOfLast, $"{hits} of both, {hitsOfLast} of the last");

        ExpertMapPrefetch Filled(PrefetchSetup setup)
        {
            ExpertMapPrefetch prefetch = new(setup, s_paper);
            foreach ((float[] embedding, float[] map) in past)
            {
                Run(prefetch, new NoPredictions(), setup, false, embedding, map);
            }

            return prefetch;
        }

        // nothing is remembered of a pass that does not end
        RecordedPredictions Predict(ExpertMapPrefetch prefetch, float[] embeddings, int[] ends, params float[][] maps)
        {
            RecordedPredictions predictions = new();
            prefetch.OnPassStart(new PassStart(1, false, maps.Length, embeddings, segmentEnds: ends), predictions);
            for (int layer = 0; layer < 6; layer++)
            {
                float[] probabilities = [.. maps.SelectMany(map => map[(layer * 16)..((layer + 1) * 16)])];
                prefetch.OnRouted(new RoutedLayer(layer, maps.Length, probabilities, [], []), predictions);
            }

            return predictions;
        }

        static IEnumerable<(int Layer, int Expert)> Chosen(float[] map) => Enumerable.Range(0, 6).SelectMany(layer =>
            Enumerable.Range(0, 16).OrderByDescending(expert => map[(layer * 16) + expert]).Take(3).Select(expert => (layer, expert)));
    }

    [Fact]
    public void FullStore_ReplacesTheMapMostLikeEachSequence()
    {
        Random random = new(7);
        PrefetchSetup setup = new(new ExpertGrid(4, 8, 2), 16, "") { MaxSequences = 2 };
        using ExpertMapPrefetch prefetch = new(setup, s_paper with { Capacity = 10 });
        NoPredictions predictions = new();
        float[][] embeddings = [.. Enumerable.Range(0, 10).Select(_ => Distributions.RandomEmbedding(random, 16))];
        float[][] maps = [.. Enumerable.Range(0, 10).Select(_ => Distributions.RandomMap(random, 4, 8))];
        Run(prefetch, predictions, setup, true, [.. embeddings.SelectMany(embedding => embedding)], maps);

        // three steps, of which the last two are followed: each map replaces its duplicate
        int[] steps = [6, 2, 8];
        prefetch.OnPassStart(
            new PassStart(2, false, 3, [.. steps.SelectMany(step => embeddings[step])], segmentEnds: [1, 2, 3]), predictions);
        for (int layer = 0; layer < 4; layer++)
        {
            float[] probabilities = [.. steps.SelectMany(step => maps[step][(layer * 8)..((layer + 1) * 8)])];
            prefetch.OnRouted(new RoutedLayer(layer, 3, probabilities, [], []), predictions);
        }

        prefetch.OnPassEnd();
        Assert.Equal((10L, 3L), (prefetch.Counters.RowsAdded, prefetch.Counters.RowsReplaced));
        float[] read = new float[8];
        for (int row = 0; row < 10; row++)
        {
            prefetch.Store.Read(row, 3, read);
            Assert.Equal(1, Distributions.Cosine(read, maps[row].AsSpan(24)), 1e-5);
        }
    }

    [Fact]
    public void OnlineStore_IsSaved_OfflineStoreStaysAsItIs()
    {
        using TemporaryFolder folder = new();
        string path = folder["maps.safetensors"];
        RecordedPredictions predictions = new();
        using (ExpertMapPrefetch online = new(s_setup, s_paper with { StorePath = path }))
        {
            Decode(online, predictions, [1, 0], s_east);
        }

        byte[] saved = File.ReadAllBytes(path);
        using (ExpertMapPrefetch offline = new(s_setup, s_paper with { StorePath = path, Mode = ExpertMapMode.Offline }))
        {
            Decode(offline, predictions, [0, 1], s_north);
            Assert.Equal(1, offline.Store.Count);
            Assert.NotEmpty(predictions.Take());
        }

        Assert.Equal(saved, File.ReadAllBytes(path));
        using (ExpertMapPrefetch online = new(s_setup, s_paper with { StorePath = path }))
        {
            Decode(online, predictions, [0, 1], s_north);
            Assert.Equal(2, online.Store.Count);
        }

        Assert.NotEqual(saved, File.ReadAllBytes(path));
        Assert.Throws<FileNotFoundException>(
            () => new ExpertMapPrefetch(s_setup, s_paper with { StorePath = folder["none"], Mode = ExpertMapMode.Offline }));
    }

    [Fact]
    public void Searches_AreCounted()
    {
        using ExpertMapPrefetch prefetch = new(s_setup, s_paper);
        Decode(prefetch, new RecordedPredictions(), [1, 0], s_east);

        // one for the embedding, one for each layer
        Assert.Equal(5, prefetch.Counters.Searches);
        Assert.True(prefetch.Counters.SearchTime > TimeSpan.Zero);
    }

    [Fact]
    public void Passes_AllocateNothing()
    {
        using ExpertMapPrefetch prefetch = new(
            s_setup with { MaxSequences = 2 }, s_paper with { Capacity = 4, PromptEmbedding = PromptEmbedding.PerToken });
        NoPredictions predictions = new();
        float[] prompt = [1, 0, 0, 1], layerOfBoth = [0.5f, 0.5f, 0, 0, 0, 0, 0, 1];
        for (int i = 0; i < 4; i++)
        {
            Decode(prefetch, predictions, [1, 0], s_north);
        }

        // the store is full: maps are replaced each time
        int[] ends = [1, 2];
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (int numSequences = 1; numSequences <= 2; numSequences++)
            {
                prefetch.OnPassStart(
                    new PassStart(1, numSequences == 1, 2, prompt, segmentEnds: numSequences == 1 ? [] : ends), predictions);
                for (int layer = 0; layer < 4; layer++)
                {
                    prefetch.OnRouted(new RoutedLayer(layer, 2, layerOfBoth, [], []), predictions);
                }

                prefetch.OnPassEnd();
            }

            Decode(prefetch, predictions, prompt.AsSpan(0, 2), s_east);
        }));
    }

    private static void Start(ExpertMapPrefetch prefetch, IPredictions predictions, ReadOnlySpan<float> embedding) =>
        prefetch.OnPassStart(new PassStart(1, false, 1, embedding), predictions);

    private static void Route(ExpertMapPrefetch prefetch, IPredictions predictions, int layer, float[] map) =>
        prefetch.OnRouted(new RoutedLayer(layer, 1, map.AsSpan(layer * 4, 4), [], []), predictions);

    private static void RouteTogether(ExpertMapPrefetch prefetch, IPredictions predictions, int layer, params float[][] maps)
    {
        float[] probabilities = [.. maps.SelectMany(map => map[(layer * 4)..((layer + 1) * 4)])];
        prefetch.OnRouted(new RoutedLayer(layer, maps.Length, probabilities, [], []), predictions);
    }

    // an embedding and a map of a text that goes to one half of 16 experts
    private static (float[] Embedding, float[] Map) OfDomain(Random random, int domain)
    {
        float[] embedding = Distributions.RandomEmbedding(random, 8);
        embedding[domain] += 3;
        float[] map = new float[6 * 16];
        for (int layer = 0; layer < 6; layer++)
        {
            Distributions.Random(random, 8).CopyTo(map, (layer * 16) + (domain * 8));
        }

        return (embedding, map);
    }

    private static void Decode(ExpertMapPrefetch prefetch, IPredictions predictions, ReadOnlySpan<float> embedding, float[] map)
    {
        Start(prefetch, predictions, embedding);
        for (int layer = 0; layer < 4; layer++)
        {
            Route(prefetch, predictions, layer, map);
        }

        prefetch.OnPassEnd();
    }

    private static void Run(
        ExpertMapPrefetch prefetch,
        IPredictions predictions,
        PrefetchSetup setup,
        bool isNewSequence,
        float[] embeddings,
        params float[][] maps)
    {
        int experts = setup.Grid.NumExperts;
        prefetch.OnPassStart(new PassStart(1, isNewSequence, maps.Length, embeddings), predictions);
        for (int layer = 0; layer < setup.Grid.NumLayers; layer++)
        {
            float[] probabilities = [.. maps.SelectMany(map => map[(layer * experts)..((layer + 1) * experts)])];
            prefetch.OnRouted(new RoutedLayer(layer, maps.Length, probabilities, [], []), predictions);
        }

        prefetch.OnPassEnd();
    }

    private static float[] Map(params int[] experts) =>
        [.. experts.SelectMany(chosen => Enumerable.Range(0, 4).Select(expert => expert == chosen ? 1f : 0))];
}
