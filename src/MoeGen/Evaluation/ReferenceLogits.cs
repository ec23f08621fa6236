using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MoeGen.Evaluation;

/// <summary>
/// Logits that others are compared with, kept in a temporary file so that they take no memory from the model. The file has no name any more
/// once it is open, where the system allows that; it is gone when the object is disposed or the process ends, whatever ends it.
/// </summary>
internal sealed class ReferenceLogits : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly float[] _row; // [vocabulary]

    /// <summary>Makes the file.</summary>
    /// <param name="vocabSize">Elements of a row.</param>
    /// <param name="folder">A folder that exists; null: the one for temporary files.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public ReferenceLogits(int vocabSize, string? folder = null)
    {
        _row = new float[vocabSize];
        string path = Path.Combine(folder ?? Path.GetTempPath(), $"moegen-logits-{Guid.NewGuid():N}");
        bool keepsName = OperatingSystem.IsWindows();
        _file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, keepsName ? FileOptions.DeleteOnClose : FileOptions.None);
        if (!keepsName)
        {
            File.Delete(path);
        }
    }

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a row.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Add(ReadOnlySpan<float> logits)
    {
        RandomAccess.Write(_file, MemoryMarshal.AsBytes(logits[.._row.Length]), OffsetOf(Count));
        Count++;
    }

    /// <summary>Reads a row, which is valid until the next call.</summary>
    /// <param name="index">0-based, in the order in which rows were added.</param>
    public ReadOnlySpan<float> Read(int index)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(_row.AsSpan());
        for (int done = 0; done < bytes.Length;)
        {
            int read = RandomAccess.Read(_file, bytes[done..], OffsetOf(index) + done);
            done += read > 0 ? read : throw new EndOfStreamException($"The temporary file of logits ends before row {index}.");
        }

        return _row;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private long OffsetOf(int index) => (long)index * _row.Length * sizeof(float);
}
