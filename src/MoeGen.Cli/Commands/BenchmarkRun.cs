using System.Diagnostics;
using System.Runtime.ExceptionServices;
using MoeGen.Experts;

namespace MoeGen.Cli.Commands;

/// <summary>
/// One run of a benchmark: some texts are written together, each by a thread of its own, and every token is timed. The caller is the first
/// of the threads and takes what concerns all.
/// </summary>
internal sealed class BenchmarkRun
{
    private readonly MoeModel _model;
    private readonly TextGeneration[] _texts;
    private readonly Barrier _barrier;
    private readonly CancellationTokenSource _stop;
    private ExceptionDispatchInfo? _fault;

    private BenchmarkRun(MoeModel model, TextGeneration[] texts, int count, Barrier barrier, CancellationTokenSource stop)
    {
        _model = model;
        _texts = texts;
        _barrier = barrier;
        _stop = stop;
        TtftMs = new double[texts.Length];
        TokenMs = [.. texts.Select(_ => new double[count - 1])];
    }

    /// <summary>Time to the first token of each text.</summary>
    public double[] TtftMs { get; }

    /// <summary>Time until all first tokens were there.</summary>
    public double PrefillMs { get; private set; }

    /// <summary>Time of every token after the first, [texts, count - 1].</summary>
    public double[][] TokenMs { get; }

    /// <summary>Time of all these tokens.</summary>
    public double DecodeMs { get; private set; }

    /// <summary>Bytes that all threads allocated on the managed heap meanwhile.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>What the expert cache did for the prompts.</summary>
    public OffloadingStatistics Prefill { get; private set; } = null!;

    /// <summary>What it did for the tokens after the first.</summary>
    public OffloadingStatistics Decode { get; private set; } = null!;

    /// <summary>Writes some texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">Texts that have not begun.</param>
    /// <param name="count">Tokens of each, at least 2.</param>
    /// <param name="cancellationToken">Stops all of them.</param>
    public static BenchmarkRun Of(MoeModel model, TextGeneration[] texts, int count, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using Barrier barrier = new(texts.Length);
        BenchmarkRun run = new(model, texts, count, barrier, stop);
        Thread[] threads = [.. Enumerable.Range(1, texts.Length - 1).Select(text => new Thread(() => run.Write(text)))];
        Array.ForEach(threads, thread => thread.Start());
        run.Write(0);
        Array.ForEach(threads, thread => thread.Join());
        run._fault?.Throw();
        return run;
    }

    private void Write(int text)
    {
        try
        {
            MeasurePrompt(text);
            MeasureTokens(text);
        }
        catch (Exception exception)
        {
            // the first fault is the one to report; the others stop, and must not wait for this thread
            Interlocked.CompareExchange(ref _fault, ExceptionDispatchInfo.Capture(exception), null);
            _stop.Cancel();
            _barrier.RemoveParticipant();
        }
    }

    private void MeasurePrompt(int text)
    {
        OffloadingStatistics before = _model.Statistics;
        Together();
        long start = Stopwatch.GetTimestamp();
        _texts[text].MoveNext(_stop.Token);
        TtftMs[text] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Together();
        if (text == 0)
        {
            PrefillMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Prefill = _model.Statistics.Since(before);
        }
    }

    private void MeasureTokens(int text)
    {
        OffloadingStatistics before = _model.Statistics;

        // precise: true also counts what other threads have allocated and not yet reported
        long allocatedBefore = text == 0 ? GC.GetTotalAllocatedBytes(precise: true) : 0;
        Together();
        long start = Stopwatch.GetTimestamp();
        double[] tokenMs = TokenMs[text];
        for (int i = 0; i < tokenMs.Length; i++)
        {
            long tokenStart = Stopwatch.GetTimestamp();
            _texts[text].MoveNext(_stop.Token);
            tokenMs[i] = Stopwatch.GetElapsedTime(tokenStart).TotalMilliseconds;
        }

        Together();
        if (text == 0)
        {
            DecodeMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
            Decode = _model.Statistics.Since(before);
        }
    }

    // not by the token: registering with one allocates, which would be counted
    private void Together() => _barrier.SignalAndWait();
}
