using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MoeGen.Weights;

/// <summary>
/// How Linux is told to keep its page cache out of the way: what it holds of a file counts against the memory limit of the process.
/// Other systems are not asked.
/// </summary>
internal static partial class PageCache
{
    // asm-generic/fcntl.h; the value of O_DIRECT is the architecture's
    private const int OpenCloseOnExec = 0x80000;
    private const int OpenDirectX64 = 0x4000;
    private const int OpenDirectArm64 = 0x10000;

    private const int AdviseDontNeed = 4; // POSIX_FADV_DONTNEED
    private const uint WriteAndWait = 7; // SYNC_FILE_RANGE_WAIT_BEFORE | _WRITE | _WAIT_AFTER

    private static readonly int s_openDirect = RuntimeInformation.ProcessArchitecture switch
    {
        _ when !OperatingSystem.IsLinux() => 0,
        Architecture.X64 => OpenDirectX64,
        Architecture.Arm64 => OpenDirectArm64,
        _ => 0,
    };

    /// <summary>Opens a file for reads that bypass the cache; null where system or file system cannot.</summary>
    /// <param name="path">The file.</param>
    public static SafeFileHandle? TryOpenDirect(string path)
    {
        if (s_openDirect == 0)
        {
            return null;
        }

        SafeFileHandle handle = Open(path, s_openDirect | OpenCloseOnExec);
        if (!handle.IsInvalid)
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }

    /// <summary>Drops what the cache holds of a part of a file, as far as it is on the disk.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    public static void Drop(SafeFileHandle file, long offset, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // only whole pages are dropped, so those at both ends are named in full
        long end = offset + length + Environment.SystemPageSize - 1;
        offset -= offset % Environment.SystemPageSize;
        _ = Advise(file, offset, end - offset, AdviseDontNeed);
    }

    /// <summary>Waits until a part of a file is on its way to the disk, and drops it, so that long writes fill no memory.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    public static void WriteOut(SafeFileHandle file, long offset, long length)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SyncRange(file, offset, length, WriteAndWait);
            Drop(file, offset, length);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncRange(SafeFileHandle file, long offset, long length, uint flags);
}
