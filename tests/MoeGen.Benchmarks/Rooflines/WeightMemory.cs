using System.Runtime.InteropServices;
using MoeGen.Memory;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>
/// Memory full of weights. The same bits are weights of every format: each half of a word is a float of 16 bits between 1 and 2, with
/// either sign, and as bfloat16, or with its neighbour as float32, between 2^-7 and 1.
/// </summary>
internal sealed unsafe class WeightMemory : IDisposable
{
    // sign and fraction are drawn by lot, the exponent is that of 1
    private const ulong Drawn = 0x83FF_83FF_83FF_83FF;
    private const ulong Exponent = 0x3C00_3C00_3C00_3C00;

    // so many bytes are drawn, and repeated
    private const int TileBytes = 1 << 22;

    private readonly PageMemory _memory;

    public WeightMemory(long sizeInBytes)
    {
        _memory = new PageMemory(sizeInBytes);
        Fill(_memory.Pointer, sizeInBytes);
    }

    /// <summary>All of it.</summary>
    public MemoryRange Range => new(_memory.Pointer, _memory.SizeInBytes);

    /// <summary>Writes weights.</summary>
    /// <param name="destination">First byte.</param>
    /// <param name="length">Bytes, a multiple of 8.</param>
    public static void Fill(byte* destination, long length)
    {
        Span<ulong> tile = new(destination, (int)Math.Min(length, TileBytes) / sizeof(ulong));
        new Random(1).NextBytes(MemoryMarshal.AsBytes(tile));
        foreach (ref ulong value in tile)
        {
            value = (value & Drawn) | Exponent;
        }

        for (long done = TileBytes; done < length; done += TileBytes)
        {
            Buffer.MemoryCopy(destination, destination + done, length - done, Math.Min(TileBytes, length - done));
        }
    }

    public void Dispose() => _memory.Dispose();
}
