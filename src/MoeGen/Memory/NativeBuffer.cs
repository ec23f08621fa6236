using System.Runtime.InteropServices;

namespace MoeGen.Memory;

/// <summary>
/// Memory outside the managed heap: zeroed, aligned, at one address until disposed. The operating system gives the
/// pages when they are first written, so a large buffer of which little is used costs little.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    /// <summary>Alignment in bytes: a cache line, and the widest vector.</summary>
    public const int Alignment = 64;

    private void* _allocation;

    /// <summary>Allocates.</summary>
    /// <param name="sizeInBytes">Size; 0 is allowed.</param>
    /// <param name="alignment">Where the first byte lies: a power of 2.</param>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public NativeBuffer(long sizeInBytes, int alignment = Alignment)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeInBytes);
        SizeInBytes = sizeInBytes;
        _allocation = NativeMemory.AllocZeroed(checked((nuint)sizeInBytes + (nuint)alignment));
        Pointer = (byte*)(((nuint)_allocation + (nuint)alignment - 1) & ~(nuint)(alignment - 1));
        GC.AddMemoryPressure(Math.Max(1, sizeInBytes));
    }

    ~NativeBuffer() => Free();

    public long SizeInBytes { get; }

    /// <summary>The first byte; invalid once disposed.</summary>
    public byte* Pointer { get; private set; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_allocation is not null)
        {
            NativeMemory.Free(_allocation);
            _allocation = null;
            Pointer = null;
            GC.RemoveMemoryPressure(Math.Max(1, SizeInBytes));
        }
    }
}
