using Microsoft.Win32.SafeHandles;

namespace MoeGen.Weights;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions.</param>
internal sealed record TensorOutline(string Name, TensorType Type, IReadOnlyList<long> Shape)
{
    public long Length => Shape.Aggregate((long)Type.BytesPerElement(), (product, dimension) => checked(product * dimension));
}

/// <summary>
/// Writes a safetensors file whose tensors are known beforehand and filled in any order. The file appears under its name only when it
/// is complete: it is written beside it and renamed. A device, a pipe or a link (such as <c>/dev/stdout</c>) is never replaced; the
/// complete file is copied into what it stands for.
/// </summary>
internal sealed class SafetensorsWriter : IDisposable
{
    /// <summary>How names of files end that are not complete.</summary>
    public const string TemporarySuffix = ".tmp";

    // what may wait in memory for the disk
    private const long MaxBytesInCache = 64 << 20;

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, long> _offsets = new(StringComparer.Ordinal); // from the start of the file
    private readonly bool _isCopied;
    private readonly long _length;
    private long _bytesInCache;
    private bool _isCommitted;

    /// <summary>Starts a file: writes its header and reserves its length.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="tensors">The tensors, in the order of their data.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; null: none.</param>
    /// <exception cref="IOException">The file cannot be made, or the disk is too small.</exception>
    public SafetensorsWriter(
        string path, IReadOnlyList<TensorOutline> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        _path = path;
        _isCopied = IsNotReplaceable(path);
        string temporaryName = $"{Path.GetFileName(path)}.{Environment.ProcessId}{TemporarySuffix}";
        _temporaryPath = Path.Combine(_isCopied ? Path.GetTempPath() : Path.GetDirectoryName(path) ?? "", temporaryName);
        byte[] header = SafetensorsHeaderWriter.Write(tensors, metadata);
        long offset = header.Length;
        foreach (TensorOutline tensor in tensors)
        {
            _offsets.Add(tensor.Name, offset);
            offset += tensor.Length;
        }

        _length = offset;
        _handle = File.OpenHandle(_temporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, preallocationSize: _length);
        RandomAccess.SetLength(_handle, _length);
        RandomAccess.Write(_handle, header, 0);
    }

    /// <summary>Writes a part of a tensor.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="byteOffset">First byte inside the tensor.</param>
    /// <param name="data">The bytes, little-endian.</param>
    public void Write(string tensor, long byteOffset, ReadOnlySpan<byte> data)
    {
        RandomAccess.Write(_handle, data, _offsets[tensor] + byteOffset);
        _bytesInCache += data.Length;
        if (_bytesInCache >= MaxBytesInCache)
        {
            PageCache.WriteOut(_handle, 0, _length);
            _bytesInCache = 0;
        }
    }

    /// <summary>Gives the complete file its name; one that was there before is replaced.</summary>
    public void Commit()
    {
        // a name must not last longer than what it stands for
        RandomAccess.FlushToDisk(_handle);
        _handle.Dispose();
        if (_isCopied)
        {
            CopyInto();
            return;
        }

        File.Move(_temporaryPath, _path, overwrite: true);
        _isCommitted = true;
    }

    public void Dispose()
    {
        _handle.Dispose();
        if (!_isCommitted)
        {
            File.Delete(_temporaryPath);
        }
    }

    /// <summary>Whether a path is a link or a device, which must not be replaced by a file.</summary>
    /// <remarks>An empty file counts among them: .NET cannot tell it from a device, and nothing in it can be lost.</remarks>
    internal static bool IsNotReplaceable(string path)
    {
        FileInfo file = new(path);
        return file.LinkTarget is not null || (file.Exists && file.Length == 0);
    }

    private void CopyInto()
    {
        using FileStream source = File.OpenRead(_temporaryPath);
        using FileStream target = new(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        if (target.CanSeek && target.Length > 0)
        {
            target.SetLength(0);
        }

        source.CopyTo(target);
    }
}
