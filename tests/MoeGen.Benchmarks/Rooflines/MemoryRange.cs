namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Memory that a kernel reads; whoever allocated it owns it.</summary>
/// <param name="start">First byte, at a multiple of 64.</param>
/// <param name="length">Bytes.</param>
internal readonly unsafe struct MemoryRange(byte* start, long length)
{
    public byte* Start { get; } = start;

    public long Length { get; } = length;

    /// <summary>Its beginning.</summary>
    /// <param name="bytes">Bytes; no more than it has.</param>
    public MemoryRange First(long bytes) => new(Start, Math.Min(bytes, Length));
}
