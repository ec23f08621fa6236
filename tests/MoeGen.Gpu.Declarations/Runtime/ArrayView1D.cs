namespace ILGPU.Runtime;

/// <summary>What a buffer of one dimension gives as its view.</summary>
public readonly struct ArrayView1D<T, TStride>(ArrayView<T> baseView, LongIndex1D extent, TStride stride) : IArrayView
    where T : unmanaged
    where TStride : struct, IStride1D
{
    public ArrayView<T> BaseView { get; } = baseView;

    public LongIndex1D Extent { get; } = extent;

    public Index1D IntExtent => (Index1D)Extent;

    public TStride Stride { get; } = stride;

    public bool IsValid => BaseView.IsValid;

    public long Length => Extent.Size;

    public int IntLength => checked((int)Length);

    public long LengthInBytes => BaseView.LengthInBytes;

    MemoryBuffer IArrayView.Buffer => ((IArrayView)BaseView).Buffer;

    int IArrayView.ElementSize => ArrayView<T>.ElementSize;

    public ref T this[Index1D index] => ref BaseView[index];

    public ref T this[LongIndex1D index] => ref BaseView[index];

    public ArrayView1D<T, TStride> SubView(Index1D index, Index1D extent) => SubView((LongIndex1D)index, (LongIndex1D)extent);

    public ArrayView1D<T, TStride> SubView(LongIndex1D index, LongIndex1D extent) => new(BaseView.SubView(index, extent), extent, Stride);

    public ArrayView<T> AsContiguous() => BaseView;

    public override string ToString() => BaseView.ToString();
}
