namespace ILGPU;

public interface IContiguousArrayView : IArrayView
{
    long Index { get; }

    long IndexInBytes { get; }

    ArrayView<byte> AsRawArrayView();
}

public interface IContiguousArrayView<T> : IContiguousArrayView
    where T : unmanaged;
