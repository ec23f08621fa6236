using System.Buffers.Binary;
using MoeGen.Memory;

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

    private readonly DirectFile _file;

    private SafetensorsFile(DirectFile file, SafetensorsHeader header)
    {
        _file = file;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
    }

    public string Path => _file.Path;

    /// <summary>Whether reads bypass the page cache.</summary>
    public bool IsDirect => _file.IsDirect;

    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The strings of <c>__metadata__</c>; empty without it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header against the file's length.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        DirectFile file = DirectFile.Open(path);
        try
        {
            return new SafetensorsFile(file, ReadHeader(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads bytes by position; safe from several threads.</summary>
    /// <param name="offset">First byte, from the start of the file.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="CheckpointException">The file has become shorter since it was opened.</exception>
    public void Read(long offset, Span<byte> destination) => _file.Read(offset, destination);

    /// <inheritdoc cref="DirectFile.Read(long, byte*, long)"/>
    public unsafe void Read(long offset, byte* destination, long length) => _file.Read(offset, destination, length);

    /// <inheritdoc cref="DirectFile.Read(long, int, NativeBuffer)"/>
    public ReadOnlySpan<byte> Read(long offset, int length, NativeBuffer window) => _file.Read(offset, length, window);

    public void Dispose() => _file.Dispose();

    private static SafetensorsHeader ReadHeader(DirectFile file)
    {
        (string path, long fileLength) = (file.Path, file.Length);
        if (fileLength < LengthBytes)
        {
            throw new CheckpointException(path, $"has {fileLength} bytes; expected at least the {LengthBytes} bytes of the header length");
        }

        Span<byte> lengthBytes = stackalloc byte[LengthBytes];
        file.Read(0, lengthBytes);

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
        file.Read(LengthBytes, header);
        return SafetensorsHeader.Parse(path, header, LengthBytes + (long)headerLength, fileLength);
    }
}
