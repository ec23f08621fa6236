using System.Runtime.CompilerServices;
using ILGPU.Runtime;

namespace ILGPU;

/// <summary>A run of elements of a buffer.</summary>
/// <remarks>What lies outside cannot be reached: such an index, and a buffer that is gone, are exceptions.</remarks>
public readonly struct ArrayView<T> : IContiguousArrayView<T>
    where T : unmanaged
{
    public static readonly int ElementSize = Interop.SizeOf<T>();
    public static readonly ArrayView<T> Empty;

    private readonly MemoryBuffer _buffer;
    private readonly long _index;

    public ArrayView(MemoryBuffer source, long index, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _buffer = source;
        _index = index;
        Length = length;
    }

    public bool IsValid => _buffer is not null && Length > 0;

    public long Length { get; }

    public int IntLength => checked((int)Length);

    public long LengthInBytes => Length * ElementSize;

    public LongIndex1D Extent => new(Length);

    public Index1D IntExtent => new(IntLength);

    MemoryBuffer IArrayView.Buffer => _buffer;

    int IArrayView.ElementSize => ElementSize;

    long IContiguousArrayView.Index => _index;

    long IContiguousArrayView.IndexInBytes => _index * ElementSize;

    public ref T this[Index1D index] => ref this[(long)index.X];

    public ref T this[LongIndex1D index] => ref this[index.X];

    public ref T this[int index] => ref this[(long)index];

    public unsafe ref T this[long index]
    {
        get
        {
            if ((ulong)index >= (ulong)Length)
            {
                ThrowOutside(index);
            }

            nint address = _buffer.NativePtr;
            ObjectDisposedException.ThrowIf(address == 0, _buffer);
            return ref Unsafe.AsRef<T>((T*)address + _index + index);
        }
    }

    public static implicit operator ArrayView1D<T, Stride1D.Dense>(ArrayView<T> view) => new(view, view.Extent, default);

    public static implicit operator ArrayView<T>(ArrayView1D<T, Stride1D.Dense> view) => view.BaseView.SubView(0, view.Length);

    public ArrayView<T> SubView(long index) => SubView(index, Length - index);

    public ArrayView<T> SubView(int index, int subViewLength) => SubView((long)index, subViewLength);

    /// <summary>A part of this view. An empty one may begin at 0 of an empty view, but not at the end of another.</summary>
    public ArrayView<T> SubView(long index, long subViewLength)
    {
        bool begins = (ulong)index < (ulong)Length || (index == 0 && Length == 0);
        if (!begins || subViewLength < 0 || subViewLength > Length - index)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"a view of {Length} elements has no {subViewLength} from there");
        }

        return new ArrayView<T>(_buffer, _index + index, subViewLength);
    }

    /// <summary>The same bytes as elements of another size; what does not fill an element at the end is left out.</summary>
    /// <exception cref="InvalidOperationException">The view does not begin at an element of that size.</exception>
    public ArrayView<TOther> Cast<TOther>()
        where TOther : unmanaged
    {
        int size = Interop.SizeOf<TOther>();
        long offset = _index * ElementSize;
        if (offset % size != 0)
        {
            throw new InvalidOperationException($"a view from byte {offset} on cannot be one of elements of {size} bytes");
        }

        return new ArrayView<TOther>(_buffer, offset / size, LengthInBytes / size);
    }

    public override string ToString() => $"{_index} [{Length}]";

    ArrayView<byte> IContiguousArrayView.AsRawArrayView() => new(_buffer, _index * ElementSize, LengthInBytes);

    private void ThrowOutside(long index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, $"a view of {Length} elements has none there");
}
