using Microsoft.Win32.SafeHandles;
using MoeGen.Memory;

namespace MoeGen.Weights;

/// <summary>
/// A file open for reading by position, past the page cache: what is read lies in the memory that asked for it and nowhere else. Where the
/// file system refuses such reads they go through the cache, which then drops them. Safe from several threads; reading allocates nothing
/// on the managed heap once a thread has read.
/// </summary>
internal sealed unsafe class DirectFile : IDisposable
{
    /// <summary>What offset, address and length of a direct read are multiples of: a page, and a block of any common disk.</summary>
    public const int Alignment = 4096;

    /// <summary>
    /// What a thread keeps for reads that are not aligned: large enough that a read costs more than its call, small enough to keep.
    /// </summary>
    public const int BounceBytes = 256 << 10;

    // one call reads at most this, a multiple of the alignment that fits a span
    private const int MaxBytesPerCall = 1 << 30;

    [ThreadStatic]
    private static NativeBuffer? s_bounce;

    private readonly SafeFileHandle _handle;

    private DirectFile(string path, SafeFileHandle handle, bool isDirect)
    {
        Path = path;
        _handle = handle;
        IsDirect = isDirect;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    /// <summary>Bytes of the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Whether reads bypass the page cache; otherwise it drops what was read, where the system has a call for that.</summary>
    public bool IsDirect { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="allowsDirect">False: as if the file system had no direct reads, which tests ask for.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static DirectFile Open(string path, bool allowsDirect = true)
    {
        SafeFileHandle? direct = allowsDirect ? PageCache.TryOpenDirect(path) : null;
        if (direct is not null && !CanRead(direct))
        {
            direct.Dispose();
            direct = null;
        }

        SafeFileHandle handle = direct ?? File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            return new DirectFile(path, handle, direct is not null);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of a window into which so many bytes can be read from any offset.</summary>
    /// <param name="length">Bytes of the read.</param>
    public static long WindowBytes(long length) => RoundUp(length + Alignment - 1);

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    /// <param name="length">A number of bytes.</param>
    public static long RoundUp(long length) => (length + Alignment - 1) & ~(Alignment - 1L);

    /// <summary>
    /// Reads bytes; whole blocks go straight to their place where offset and address are multiples of <see cref="Alignment"/>.
    /// </summary>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="CheckpointException">The file ends before.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        fixed (byte* address = destination)
        {
            Read(offset, address, destination.Length);
        }
    }

    /// <inheritdoc cref="Read(long, Span{byte})"/>
    /// <param name="length">Bytes to read.</param>
    public void Read(long offset, byte* destination, long length)
    {
        bool isAligned = ((offset | (long)destination) & (Alignment - 1)) == 0;
        long straight = !IsDirect ? length : isAligned ? length & ~(Alignment - 1L) : 0;
        Fill(offset, destination, straight, straight, skipped: 0);
        if (straight < length)
        {
            ReadThroughBounce(offset + straight, destination + straight, length - straight);
        }
    }

    /// <summary>Reads bytes into a window, which spares the copy that an unaligned place in memory costs.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes to read.</param>
    /// <param name="window">Aligned to <see cref="Alignment"/>, at least <see cref="WindowBytes"/>; the caller's.</param>
    /// <returns>The bytes, inside the window.</returns>
    /// <exception cref="CheckpointException">The file ends before.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public ReadOnlySpan<byte> Read(long offset, int length, NativeBuffer window)
    {
        int skipped = IsDirect ? (int)(offset & (Alignment - 1)) : 0;
        long needed = (long)skipped + length;
        Fill(offset - skipped, window.Pointer, IsDirect ? RoundUp(needed) : needed, needed, skipped);
        return new ReadOnlySpan<byte>(window.Pointer + skipped, length);
    }

    public void Dispose() => _handle.Dispose();

    // the first read is what some file systems refuse, not the opening
    private static bool CanRead(SafeFileHandle direct)
    {
        NativeBuffer bounce = s_bounce ??= new NativeBuffer(BounceBytes, Alignment);
        try
        {
            RandomAccess.Read(direct, new Span<byte>(bounce.Pointer, Alignment), 0);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }

    private void ReadThroughBounce(long offset, byte* destination, long length)
    {
        NativeBuffer bounce = s_bounce ??= new NativeBuffer(BounceBytes, Alignment);
        while (length > 0)
        {
            int count = (int)Math.Min(length, BounceBytes - Alignment);
            ReadOnlySpan<byte> bytes = Read(offset, count, bounce);
            bytes.CopyTo(new Span<byte>(destination, count));
            offset += count;
            destination += count;
            length -= count;
        }
    }

    // reads up to `length` bytes, whole blocks for a direct read, of which `needed` must be there and the first `skipped` are not asked for
    private void Fill(long offset, byte* destination, long length, long needed, int skipped)
    {
        long done = 0;
        while (done < needed)
        {
            int count = ReadOnce(offset + done, new Span<byte>(destination + done, (int)Math.Min(length - done, MaxBytesPerCall)));
            if (done + count >= needed)
            {
                break;
            }

            // a call may end early, but only the end of the file is inside a block: from there nothing more comes
            int usable = IsDirect ? count & ~(Alignment - 1) : count;
            if (usable == 0)
            {
                long end = Math.Max(done + count, skipped);
                throw new CheckpointException(Path, $"ends at byte {offset + end}; expected {needed - end} more bytes there");
            }

            done += usable;
        }

        if (!IsDirect)
        {
            PageCache.Drop(_handle, offset, needed);
        }
    }

    // .NET calls again where a signal came between
    private int ReadOnce(long offset, Span<byte> destination)
    {
        try
        {
            return RandomAccess.Read(_handle, destination, offset);
        }
        catch (IOException exception)
        {
            throw new IOException($"{Path}: cannot be read at byte {offset}: {exception.Message}", exception);
        }
    }
}
