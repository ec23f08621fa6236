using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MoeGen.Cli.Evaluation;

/// <summary>
/// The exact model's logits while other methods are compared with it: rows of float32 in a temporary file, so that never two models are in
/// memory. The file has no name any more once it is open, where the system allows that; it is gone when the store is disposed or the
/// process ends, whatever ends it.
/// </summary>
internal sealed class LogitsStore : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _rowBytes;

    /// <summary>Reserves the file.</summary>
    /// <param name="numRows">Rows to come.</param>
    /// <param name="vocabSize">Elements of a row.</param>
    /// <param name="folder">A folder that exists.</param>
    /// <exception cref="CliException">The disk is too small.</exception>
    public LogitsStore(long numRows, int vocabSize, string folder)
        : this(numRows, vocabSize, folder, new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace)
    {
    }

    /// <summary>Reserves the file on a disk with so many free bytes.</summary>
    internal LogitsStore(long numRows, int vocabSize, string folder, long freeBytes)
    {
        _rowBytes = (long)vocabSize * sizeof(float);
        long bytes = numRows * _rowBytes;
        if (bytes > freeBytes)
        {
            throw new CliException(
                $"{folder}: has {freeBytes} bytes free ({new ByteSize(freeBytes)}); expected {bytes} ({new ByteSize(bytes)}) "
                + $"for the logits of {numRows} tokens, with which the methods are compared. "
                + "Use fewer --tokens, or name another folder in TMPDIR.");
        }

        string path = Path.Combine(folder, $"moegen-logits-{Guid.NewGuid():N}");
        bool hasName = OperatingSystem.IsWindows();
        _file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, hasName ? FileOptions.DeleteOnClose : FileOptions.None, bytes);
        if (!hasName)
        {
            File.Delete(path);
        }
    }

    /// <summary>Writes a row.</summary>
    public void Write(long row, ReadOnlySpan<float> logits) => RandomAccess.Write(_file, MemoryMarshal.AsBytes(logits), row * _rowBytes);

    /// <summary>Reads a row that was written.</summary>
    public void Read(long row, Span<float> logits)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(logits);
        for (int done = 0; done < bytes.Length;)
        {
            int read = RandomAccess.Read(_file, bytes[done..], (row * _rowBytes) + done);
            done += read > 0 ? read : throw new EndOfStreamException($"The temporary file of logits ends before row {row}.");
        }
    }

    public void Dispose() => _file.Dispose();
}
