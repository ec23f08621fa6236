using System.Threading.Channels;

namespace MoeGen.Engine;

/// <summary>
/// Computes a text on a thread of its own, for readers who cannot wait: a caller of the model waits for the others of its pass, and as many
/// threads as texts must be able to, which a thread pool would not have.
/// </summary>
internal sealed class TextThread : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>(new() { SingleReader = true, SingleWriter = true });
    private readonly Task _task;

    /// <summary>Starts to compute.</summary>
    /// <param name="generation">The text; disposed by the caller, after this.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public TextThread(TextGeneration generation, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _task = Task.Factory.StartNew(
            () => Write(generation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The text, piece by piece; ends with what went wrong.</summary>
    public IAsyncEnumerable<string> Pieces => _pieces.Reader.ReadAllAsync(CancellationToken.None);

    /// <summary>Stops computing, and waits until nothing does.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _task.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Write(TextGeneration generation)
    {
        try
        {
            bool hasMore = true;
            while (hasMore)
            {
                hasMore = generation.MoveNext(_stop.Token);
                if (generation.TextLength > 0)
                {
                    _pieces.Writer.TryWrite(generation.GetText());
                }
            }

            _pieces.Writer.Complete();
        }
        catch (Exception exception)
        {
            // the reader's to handle
            _pieces.Writer.Complete(exception);
        }
    }
}
