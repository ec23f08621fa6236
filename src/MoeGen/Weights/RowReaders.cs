namespace MoeGen.Weights;

/// <summary>Readers that threads take turns with: as many as have ever read at once, and no allocation after that.</summary>
internal sealed class RowReaders : IDisposable
{
    private readonly Stack<RowReader> _free = new();

    public RowReader Rent()
    {
        lock (_free)
        {
            return _free.TryPop(out RowReader? reader) ? reader : new RowReader();
        }
    }

    public void Return(RowReader reader)
    {
        lock (_free)
        {
            _free.Push(reader);
        }
    }

    /// <summary>Frees the buffers of the readers that nobody has.</summary>
    public void Dispose()
    {
        lock (_free)
        {
            while (_free.TryPop(out RowReader? reader))
            {
                reader.Dispose();
            }
        }
    }
}
