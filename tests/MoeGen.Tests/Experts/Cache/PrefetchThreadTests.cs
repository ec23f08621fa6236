using System.Collections.Concurrent;
using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Prefetch;
using MoeGen.Experts.Selection;
using MoeGen.Kernels;
using MoeGen.Tests.Experts.Selection;
using MoeGen.Tests.Kernels;

namespace MoeGen.Tests.Experts.Cache;

/// <summary>What a prefetcher hears of passes, which reaches it over a ring and on another thread.</summary>
public sealed class PrefetchThreadTests : IDisposable
{
    private const int NumExperts = 4;
    private const int MaxTokens = 40;
    private const int HiddenSize = 32; // of FakeExperts

    private readonly FakeExperts _source = new();
    private readonly Routing _routing = new(NumExperts, 1, MaxTokens);
    private readonly NativeFloats _memory;
    private readonly Activations _hidden; // token t has the embedding t + 1, 0, 0, ..
    private readonly HearingPrefetch _heard = new();
    private readonly ExpertCache _cache;

    public PrefetchThreadTests()
    {
        _memory = NativeFloats.Rows([.. Enumerable.Range(1, MaxTokens).Select(token => new float[] { token })], HiddenSize, out _hidden);
        Offloading offloading = Offloading.Lru() with { CreatePrefetch = _ => _heard };
        _cache = new ExpertCache(
            FakeExperts.Info(2, NumExperts, 1), _source, () => new FakeExperts(), 4, new MoeOptions { Offloading = offloading });
        for (int token = 0; token < MaxTokens; token++)
        {
            _routing.TopKIds(token)[0] = token % NumExperts;
            _routing.Logits[token].Clear();
            _routing.Logits[token][token % NumExperts] = 100; // all of the probability
        }
    }

    [Fact]
    public void StepsOfSeveralSequences_AreToldApart()
    {
        Run(Segments.Steps(3), isStarted: true);
        Assert.Equal(["start of 3 tokens 1 2 3, sequences to 1 2 3", "layer 0: 0 1 2, probable 0 1 2", "end"], _heard.Take());
    }

    [Fact]
    public void StepBesideALongPrompt_IsTold()
    {
        Segment prompt = new() { NumTokens = 38, FirstPosition = 0 };
        Segment step = new() { NumTokens = 1, FirstPosition = 9, FirstRow = 38, IsDecode = true };
        Run([prompt, step], isStarted: true);
        string[] heard = _heard.Take();
        Assert.Equal($"start of 32 tokens {string.Join(' ', Enumerable.Range(8, 32))}, sequences to 31 32", heard[0]);
        Assert.EndsWith(" 1 2", heard[1]);
    }

    [Fact]
    public void PassThatWasNotToldFromItsStart_IsNotTold()
    {
        // an encoder's, behind a pass of more tokens than it has
        Run(Segments.Steps(3), isStarted: true);
        Run(Segments.Steps(1), isStarted: false);
        Run(Segments.Steps(2), isStarted: true);
        Assert.Equal(["start", "layer", "end", "start", "layer", "end"], _heard.Take().Select(text => text.Split(' ', ':')[0]));
    }

    public void Dispose()
    {
        _cache.Dispose();
        _routing.Dispose();
        _memory.Dispose();
    }

    private void Run(Segment[] segments, bool isStarted)
    {
        int numTokens = segments.Sum(segment => segment.NumTokens);
        _cache.StartPass(new SelectionPass(segments));
        if (isStarted)
        {
            _cache.Prefetch!.TellStart(_hidden, segments, isNewSequence: false, isRepeat: false);
        }

        _cache.Prefetch!.TellRouted(0, _routing, _hidden, numTokens);
        _cache.EndPass(isComplete: true);
        if (isStarted)
        {
            _heard.WaitForEnd();
        }
    }

    /// <summary>Writes down what it hears.</summary>
    private sealed class HearingPrefetch : IPrefetch
    {
        private readonly ConcurrentQueue<string> _texts = [];
        private readonly SemaphoreSlim _ends = new(0);

        public string Name => "hearing";

        public void OnPassStart(in PassStart start, IPredictions predictions)
        {
            string tokens = "";
            for (int i = 0; i < start.Embeddings.Length; i += HiddenSize)
            {
                tokens += $" {start.Embeddings[i]}";
            }

            _texts.Enqueue($"start of {start.NumTokens} tokens{tokens}, sequences to {string.Join(' ', start.SegmentEnds.ToArray())}");
        }

        public void OnRouted(in RoutedLayer routed, IPredictions predictions)
        {
            string probable = "";
            for (int i = 0; i < routed.NumTokens; i++)
            {
                probable += $" {routed.Probabilities.Slice(i * NumExperts, NumExperts).IndexOf(1f)}";
            }

            _texts.Enqueue($"layer {routed.Layer}: {string.Join(' ', routed.Chosen.ToArray())}, probable{probable}");
        }

        public void OnPassEnd()
        {
            _texts.Enqueue("end");
            _ends.Release();
        }

        public void WaitForEnd() => Assert.True(_ends.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        public string[] Take()
        {
            string[] texts = [.. _texts];
            _texts.Clear();
            return texts;
        }

        public void Dispose() => _ends.Dispose();
    }
}
