using System.Diagnostics;
using MoeGen.Weights;

namespace MoeGen.Cli.Output;

/// <summary>
/// One line on standard error that is rewritten as work gets on; silent where nobody watches, and when the work is short.
/// </summary>
internal sealed class ProgressLine(CliStreams streams, string title) : IProgress<LoadProgress>, IDisposable
{
    // quicker work is over before anybody has read the line
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _lastWrite;
    private int _writtenLength;

    public void Report(LoadProgress value) => Report(value.BytesLoaded, value.BytesTotal, new ByteSize(value.BytesTotal).ToString());

    /// <summary>Shows how far the work is.</summary>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units to do.</param>
    /// <param name="totalText">All of it in words.</param>
    public void Report(long done, long total, string totalText)
    {
        if (!streams.IsErrorTerminal || Stopwatch.GetElapsedTime(_start) < s_delay)
        {
            return;
        }

        lock (_gate)
        {
            if (_writtenLength == 0 || Stopwatch.GetElapsedTime(_lastWrite) >= s_interval)
            {
                _lastWrite = Stopwatch.GetTimestamp();
                Write($"{title}: {(total == 0 ? 100 : done * 100 / total)} % of {totalText}");
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_writtenLength > 0)
            {
                Write("");
                streams.Error.Write('\r');
            }
        }
    }

    private void Write(string text)
    {
        streams.Error.Write('\r' + text.PadRight(_writtenLength));
        _writtenLength = text.Length;
    }
}
