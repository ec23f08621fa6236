namespace MoeGen.Tests.Experts.Cache;

/// <summary>
/// Holds reads back. Declare it behind the cache, so that it opens before the cache waits for its readers, whatever a test has found; a reader
/// that comes late finds it open.
/// </summary>
internal sealed class ReadGate : IDisposable
{
    private readonly TaskCompletionSource _isOpen = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Wait() => _isOpen.Task.Wait();

    public void Open() => _isOpen.TrySetResult();

    public void Dispose() => Open();
}
