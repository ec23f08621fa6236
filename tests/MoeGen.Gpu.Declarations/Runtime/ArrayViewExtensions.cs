using System.Runtime.InteropServices;

namespace ILGPU.Runtime;

/// <summary>Copies between views and the memory of the process. All of them are done when they return, whatever the stream.</summary>
public static class ArrayViewExtensions
{
    public static MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(this Accelerator accelerator, T[] data)
        where T : unmanaged =>
        accelerator.Allocate1D(accelerator.DefaultStream, data);

    public static MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(this Accelerator accelerator, AcceleratorStream stream, T[] data)
        where T : unmanaged
    {
        MemoryBuffer1D<T, Stride1D.Dense> buffer = accelerator.Allocate1D<T>(data.Length);
        buffer.View.CopyFromCPU(stream, data);
        return buffer;
    }

    public static void MemSetToZero<TView>(this TView view)
        where TView : IContiguousArrayView =>
        view.MemSetToZero(DefaultStream(view));

    public static void MemSetToZero<TView>(this TView view, AcceleratorStream stream)
        where TView : IContiguousArrayView =>
        view.MemSet(stream, 0);

    public static unsafe void MemSet<TView>(this TView view, AcceleratorStream stream, byte value)
        where TView : IContiguousArrayView
    {
        stream.CheckOwner(view.Buffer.Accelerator);
        NativeMemory.Fill((void*)AddressOf(view), (nuint)view.LengthInBytes, value);
    }

    public static void CopyTo<TView>(this TView source, in TView target)
        where TView : IContiguousArrayView =>
        source.CopyTo(DefaultStream(source), target);

    /// <summary>Copies a view to the beginning of another one, which may belong to another accelerator.</summary>
    public static unsafe void CopyTo<TView>(this TView source, AcceleratorStream stream, in TView target)
        where TView : IContiguousArrayView
    {
        ArgumentNullException.ThrowIfNull(stream);
        CheckLength(target, source.Length);
        Buffer.MemoryCopy((void*)AddressOf(source), (void*)AddressOf(target), target.LengthInBytes, source.LengthInBytes);
    }

    public static void CopyFrom<TView>(this TView target, in TView source)
        where TView : IContiguousArrayView =>
        source.CopyTo(DefaultStream(target), target);

    public static void CopyFrom<TView>(this TView target, AcceleratorStream stream, in TView source)
        where TView : IContiguousArrayView =>
        source.CopyTo(stream, target);

    /// <summary>Copies the first elements of a view to memory of the process.</summary>
    public static unsafe void CopyToCPU<T, TView>(this TView source, AcceleratorStream stream, ref T cpuData, long length)
        where TView : IContiguousArrayView<T>
        where T : unmanaged
    {
        stream.CheckOwner(source.Buffer.Accelerator);
        CheckLength(source, length);
        fixed (T* data = &cpuData)
        {
            Buffer.MemoryCopy((void*)AddressOf(source), data, length * sizeof(T), length * sizeof(T));
        }
    }

    /// <summary>Copies memory of the process to the first elements of a view.</summary>
    public static unsafe void CopyFromCPU<T, TView>(this TView target, AcceleratorStream stream, ref T cpuData, long length)
        where TView : IContiguousArrayView<T>
        where T : unmanaged
    {
        stream.CheckOwner(target.Buffer.Accelerator);
        CheckLength(target, length);
        fixed (T* data = &cpuData)
        {
            Buffer.MemoryCopy(data, (void*)AddressOf(target), length * sizeof(T), length * sizeof(T));
        }
    }

    public static void CopyToCPU<T, TView>(this TView source, AcceleratorStream stream, in Span<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged =>
        source.CopyToCPU(stream, ref MemoryMarshal.GetReference(span), span.Length);

    public static void CopyToCPU<T, TView>(this TView source, in Span<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged =>
        source.CopyToCPU(DefaultStream(source), span);

    public static void CopyFromCPU<T, TView>(this TView target, AcceleratorStream stream, in ReadOnlySpan<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged =>
        target.CopyFromCPU(stream, ref MemoryMarshal.GetReference(span), span.Length);

    public static void CopyFromCPU<T, TView>(this TView target, in ReadOnlySpan<T> span)
        where TView : IContiguousArrayView<T>
        where T : unmanaged =>
        target.CopyFromCPU(DefaultStream(target), span);

    public static void CopyToCPU<T>(this ArrayView<T> view, T[] data)
        where T : unmanaged =>
        view.CopyToCPU(DefaultStream(view), data);

    /// <summary>Copies a view to an array of the same length.</summary>
    public static void CopyToCPU<T>(this ArrayView<T> view, AcceleratorStream stream, T[] data)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(data.Length, view.Length);
        view.CopyToCPU(stream, data.AsSpan());
    }

    public static void CopyFromCPU<T>(this ArrayView<T> view, T[] data)
        where T : unmanaged =>
        view.CopyFromCPU(DefaultStream(view), data);

    /// <summary>Copies an array to a view of the same length.</summary>
    public static void CopyFromCPU<T>(this ArrayView<T> view, AcceleratorStream stream, T[] data)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(data.Length, view.Length);
        view.CopyFromCPU(stream, (ReadOnlySpan<T>)data);
    }

    public static void CopyToCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, T[] data)
        where T : unmanaged =>
        view.BaseView.CopyToCPU(data);

    public static void CopyToCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream, T[] data)
        where T : unmanaged =>
        view.BaseView.CopyToCPU(stream, data);

    public static void CopyFromCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, T[] data)
        where T : unmanaged =>
        view.BaseView.CopyFromCPU(data);

    public static void CopyFromCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream, T[] data)
        where T : unmanaged =>
        view.BaseView.CopyFromCPU(stream, data);

    public static T[] GetAsArray<T>(this ArrayView<T> view)
        where T : unmanaged =>
        view.GetAsArray(DefaultStream(view));

    public static T[] GetAsArray<T>(this ArrayView<T> view, AcceleratorStream stream)
        where T : unmanaged
    {
        var data = new T[view.Length];
        view.CopyToCPU(stream, data);
        return data;
    }

    private static AcceleratorStream DefaultStream(IArrayView view) => view.Buffer.Accelerator.DefaultStream;

    private static nint AddressOf(IContiguousArrayView view)
    {
        ObjectDisposedException.ThrowIf(view.Buffer.IsDisposed, view.Buffer);
        return view.Buffer.NativePtr + (nint)view.IndexInBytes;
    }

    private static void CheckLength(IArrayView view, long length)
    {
        if (length < 0 || length > view.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, $"the view has {view.Length} elements");
        }
    }
}
