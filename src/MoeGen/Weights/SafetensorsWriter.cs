using System.Buffers.Binary;
using System.Text.Json;
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
    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, long> _offsets = new(StringComparer.Ordinal); // from the start of the file
    private readonly bool _isCopied;
    private bool _isCommitted;

    /// <summary>Starts a file: writes its header and reserves its length.</summary>
    /// <exception cref="IOException">The file cannot be made, or the disk is too small.</exception>
    public SafetensorsWriter(string path, IReadOnlyList<TensorOutline> tensors)
    {
        _path = path;
        _isCopied = IsNotReplaceable(path);
        string temporaryName = $"{Path.GetFileName(path)}.{Environment.ProcessId}.tmp";
        _temporaryPath = Path.Combine(_isCopied ? Path.GetTempPath() : Path.GetDirectoryName(path) ?? "", temporaryName);
        byte[] header = CreateHeader(tensors);
        long offset = sizeof(ulong) + header.Length;
        foreach (TensorOutline tensor in tensors)
        {
            _offsets.Add(tensor.Name, offset);
            offset += tensor.Length;
        }

        _handle = File.OpenHandle(_temporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, preallocationSize: offset);
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        RandomAccess.SetLength(_handle, offset);
        RandomAccess.Write(_handle, length, 0);
        RandomAccess.Write(_handle, header, sizeof(ulong));
    }

    /// <summary>Writes a part of a tensor.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="byteOffset">First byte inside the tensor.</param>
    /// <param name="data">The bytes, little-endian.</param>
    public void Write(string tensor, long byteOffset, ReadOnlySpan<byte> data) =>
        RandomAccess.Write(_handle, data, _offsets[tensor] + byteOffset);

    /// <summary>Gives the complete file its name; one that was there before is replaced.</summary>
    public void Commit()
    {
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

    // an empty file counts among them: .NET cannot tell it from a device, and nothing in it can be lost
    private static bool IsNotReplaceable(string path)
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

    private static byte[] CreateHeader(IReadOnlyList<TensorOutline> tensors)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            long offset = 0;
            foreach (TensorOutline tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.Name());
                json.WriteStartArray("shape");
                foreach (long dimension in tensor.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += tensor.Length;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // the data begins at a multiple of 8
        while (stream.Length % sizeof(ulong) != 0)
        {
            stream.WriteByte((byte)' ');
        }

        return stream.ToArray();
    }
}
