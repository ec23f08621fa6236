using System.Runtime.InteropServices;

namespace MoeGen.Memory;

/// <summary>
/// A range of addresses for memory that comes and goes in whole pages: reserved at once, backed by the operating system where it is written,
/// and given back where <see cref="Release"/> says so. Huge pages are asked for, which spares a kernel that streams weights the walks through
/// page tables.
/// </summary>
internal sealed unsafe partial class PageMemory : IDisposable
{
    /// <summary>Alignment of the first byte: a huge page of x86-64, which is a multiple of every page size in use.</summary>
    public const int Alignment = 1 << 21;

    private const int ReadWrite = 0x3; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int NoReserve = 0x4000; // MAP_NORESERVE
    private const int DontNeed = 4; // MADV_DONTNEED
    private const int HugePage = 14; // MADV_HUGEPAGE

    private readonly nuint _allocatedBytes;
    private void* _allocation;

    /// <summary>Reserves addresses.</summary>
    /// <param name="sizeInBytes">Size; 0 is allowed.</param>
    /// <exception cref="OutOfMemoryException">The system refuses so large a range.</exception>
    public PageMemory(long sizeInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeInBytes);
        SizeInBytes = sizeInBytes;
        _allocatedBytes = checked((nuint)sizeInBytes + Alignment);
        if (OperatingSystem.IsLinux())
        {
            nint address = MMap(0, _allocatedBytes, ReadWrite, PrivateAnonymous | NoReserve, -1, 0);
            if (address == -1)
            {
                throw new OutOfMemoryException($"The system has no room for {sizeInBytes} bytes ({new ByteSize(sizeInBytes)}).");
            }

            _allocation = (void*)address;
        }
        else
        {
            _allocation = NativeMemory.AllocZeroed(_allocatedBytes);
        }

        Pointer = (byte*)(((nuint)_allocation + Alignment - 1) & ~(nuint)(Alignment - 1));
        if (OperatingSystem.IsLinux())
        {
            // a wish: without huge pages everything works, a little slower
            _ = MAdvise((nint)Pointer, (nuint)sizeInBytes, HugePage);
        }
    }

    ~PageMemory() => Free();

    public long SizeInBytes { get; }

    /// <summary>The first byte; invalid once disposed.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>Gives the memory of a range back; it reads as zeros until it is written again. Does nothing where the system cannot.</summary>
    /// <param name="offset">First byte, a multiple of 4096.</param>
    /// <param name="length">Bytes, a multiple of 4096.</param>
    public void Release(long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = MAdvise((nint)(Pointer + offset), (nuint)length, DontNeed);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_allocation is null)
        {
            return;
        }

        if (OperatingSystem.IsLinux())
        {
            _ = MUnmap((nint)_allocation, _allocatedBytes);
        }
        else
        {
            NativeMemory.Free(_allocation);
        }

        _allocation = null;
        Pointer = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(nint address, nuint length, int advice);
}
