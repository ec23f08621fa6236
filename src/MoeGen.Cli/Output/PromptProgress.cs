namespace MoeGen.Cli.Output;

/// <summary>Shows how much of a long prompt has been read, while the thread that reads it is busy.</summary>
internal sealed class PromptProgress : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly ProgressLine _line;
    private readonly Timer _timer;

    public PromptProgress(CliStreams streams, TextGeneration generation)
    {
        _line = new ProgressLine(streams, "reading the prompt");
        int total = generation.PromptLength;
        _timer = new Timer(_ => _line.Report(generation.ProcessedLength, total, $"{total} tokens"), null, s_interval, s_interval);
    }

    /// <summary>Ends the line, before the first text.</summary>
    public void Dispose()
    {
        // a report that is under way would write behind the text
        using ManualResetEvent isOver = new(false);
        _timer.Dispose(isOver);
        isOver.WaitOne();
        _line.Dispose();
    }
}
