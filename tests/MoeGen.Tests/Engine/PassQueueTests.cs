using MoeGen.Engine;

namespace MoeGen.Tests.Engine;

/// <summary>Who shares a pass with whom. Passes compute nothing; one lasts until the test lets it end.</summary>
public sealed class PassQueueTests : IDisposable
{
    private const int MaxRequests = 3;

    private readonly IdleModel _model = IdleModel.Create(null);
    private readonly FakeClock _clock = new();
    private readonly PassQueue _queue;
    private readonly List<int[]> _passes = []; // the sequences of each
    private readonly Sequence[] _sequences;
    private readonly Queue<Action> _during = []; // what happens while each pass runs

    public PassQueueTests()
    {
        _queue = new PassQueue(MaxRequests, RunPass, _clock);
        _sequences = [.. Enumerable.Range(0, 5).Select(_ => _model.CreateSequence())];
    }

    [Fact]
    public async Task CallersThatComeDuringAPass_ShareTheNextOne()
    {
        List<Task> tasks = [];
        _during.Enqueue(() =>
        {
            foreach (int i in new[] { 1, 2, 3, 4 })
            {
                tasks.Add(Ask(i));
                WaitFor(tasks.Count);
            }
        });
        await Ask(0);
        await Task.WhenAll(tasks);

        // the one that is away is waited for in vain; three fit, who has waited longest first
        Assert.Equal([[0], [1, 2, 3], [4]], _passes);
    }

    [Fact]
    public async Task NextPass_WaitsForThoseOfTheLastOne()
    {
        // by its clock a pass takes an hour, so there is half an hour to come back
        _clock.Step = TimeSpan.FromHours(1);
        await ShareAPass(0, 1);
        _clock.Step = TimeSpan.Zero;
        Task first = Ask(0);
        WaitFor(1);
        Assert.False(first.IsCompleted);
        await Ask(1);
        await first;
        Assert.Equal([0, 1], _passes[^1].Order());
    }

    [Fact]
    public async Task CallerThatStaysAway_IsNotWaitedForLong()
    {
        await ShareAPass(0, 1);
        _clock.Step = TimeSpan.FromMilliseconds(1);
        await Ask(0);
        await Ask(0);
        Assert.Equal([[0], [0]], _passes[^2..]);
    }

    [Fact]
    public async Task SequenceThatHasEnded_IsNotWaitedFor()
    {
        _clock.Step = TimeSpan.FromHours(1);
        await ShareAPass(0, 1);
        _clock.Step = TimeSpan.Zero;
        Task first = Ask(0);
        WaitFor(1);
        _queue.Forget(_sequences[1].Request);
        await first;
        Assert.Equal([0], _passes[^1]);
    }

    [Fact]
    public async Task Prompt_GoesOnBesideSteps()
    {
        List<Task> tasks = [];
        _during.Enqueue(() =>
        {
            tasks.Add(Ask(0, numTokens: 3));
            WaitFor(1);
            tasks.Add(Ask(1));
            WaitFor(2);
        });
        await Ask(2);
        await Task.WhenAll(tasks);

        // a pass of this test computes one token of each
        Assert.Equal([[2], [0, 1], [0], [0]], _passes);
    }

    public void Dispose()
    {
        foreach (Sequence sequence in _sequences)
        {
            sequence.Dispose();
        }

        _model.Dispose();
    }

    // leaves two sequences behind that have run together
    private async Task ShareAPass(int a, int b)
    {
        List<Task> tasks = [];
        _during.Enqueue(() =>
        {
            tasks.Add(Ask(a));
            WaitFor(1);
            tasks.Add(Ask(b));
            WaitFor(2);
        });
        await Ask(4);
        _queue.Forget(_sequences[4].Request);
        await Task.WhenAll(tasks);
        Assert.Equal([a, b], _passes[^1]);
    }

    private Task Ask(int sequence, int numTokens = 1) =>
        Task.Factory.StartNew(
            () =>
            {
                Begin(_sequences[sequence], numTokens);
                _queue.Run(_sequences[sequence].Request);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static unsafe void Begin(Sequence sequence, int numTokens)
    {
        int length = sequence.Length + numTokens;
        sequence.Remember(new int[numTokens], length);
        sequence.Request.Begin(length, isStep: false, logits: null, CancellationToken.None);
    }

    private void WaitFor(int numWaiting) => SpinWait.SpinUntil(() => _queue.NumWaiting == numWaiting);

    private void RunPass(Span<PassRequest> requests)
    {
        _passes.Add([.. requests.ToArray().Select(request => Array.IndexOf(_sequences, request.Sequence))]);
        if (_during.TryDequeue(out Action? action))
        {
            action();
        }

        foreach (PassRequest request in requests)
        {
            request.Take(1, 0);
            request.Complete(isDecode: false);
        }
    }

    // every look at it takes a step
    private sealed class FakeClock : TimeProvider
    {
        private long _now;

        public TimeSpan Step { get; set; } = TimeSpan.FromMilliseconds(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += Step.Ticks;
    }
}
