using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace MoeGen.Weights;

/// <summary>Where a tensor lies in a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Length">Bytes.</param>
internal sealed record TensorEntry(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long Length);

/// <summary>
/// A safetensors file, open for reading by position. Opening reads and checks the header alone; tensors are read when asked for.
/// Format: 8 bytes of header length, a JSON header, then the tensors' bytes without gaps (huggingface/safetensors, README).
/// </summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const int LengthBytes = 8;

    // the limit of the reference implementation
    private const long MaxHeaderBytes = 100_000_000;

    private readonly SafeFileHandle _handle;

    private SafetensorsFile(string path, SafeFileHandle handle, IReadOnlyDictionary<string, TensorEntry> tensors)
    {
        Path = path;
        _handle = handle;
        Tensors = tensors;
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Opens a file and checks its header against the file's length.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            return new SafetensorsFile(path, handle, ReadHeader(path, handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads bytes by position; safe from several threads.</summary>
    /// <param name="offset">First byte, from the start of the file.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="CheckpointException">The file has become shorter since it was opened.</exception>
    public void Read(long offset, Span<byte> destination) => Read(Path, _handle, offset, destination);

    public void Dispose() => _handle.Dispose();

    private static IReadOnlyDictionary<string, TensorEntry> ReadHeader(string path, SafeFileHandle handle)
    {
        long fileLength = RandomAccess.GetLength(handle);
        if (fileLength < LengthBytes)
        {
            throw new CheckpointException(path, $"has {fileLength} bytes; expected at least the {LengthBytes} bytes of the header length");
        }

        Span<byte> lengthBytes = stackalloc byte[LengthBytes];
        Read(path, handle, 0, lengthBytes);

        // compared as unsigned numbers, so that no sum can overflow
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        ulong available = (ulong)(fileLength - LengthBytes);
        if (headerLength == 0 || headerLength > available || headerLength > MaxHeaderBytes)
        {
            throw new CheckpointException(
                path,
                $"header length is {headerLength}; expected 1 to {Math.Min(available, MaxHeaderBytes)} in a file of {fileLength} bytes");
        }

        byte[] header = new byte[headerLength];
        Read(path, handle, LengthBytes, header);
        return SafetensorsHeader.Parse(path, header, LengthBytes + (long)headerLength, fileLength);
    }

    private static void Read(string path, SafeFileHandle handle, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(handle, destination, offset);
            if (count == 0)
            {
                throw new CheckpointException(path, $"ends at byte {offset}; expected {destination.Length} more bytes there");
            }

            offset += count;
            destination = destination[count..];
        }
    }
}
