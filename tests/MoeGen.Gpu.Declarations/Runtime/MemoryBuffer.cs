namespace ILGPU.Runtime;

/// <summary>Memory of an accelerator, here native memory; its values are undefined at first.</summary>
public abstract class MemoryBuffer : AcceleratorObject
{
    private protected MemoryBuffer(Accelerator accelerator, long length, int elementSize)
        : base(accelerator)
    {
        Length = length;
        ElementSize = elementSize;
    }

    /// <summary>Address of the first element; 0 when there is none, and when the buffer was disposed of.</summary>
    public IntPtr NativePtr { get; private protected set; }

    public long Length { get; }

    public int ElementSize { get; }

    public long LengthInBytes => Length * ElementSize;
}

/// <summary>A buffer with a view of the whole of it.</summary>
public class MemoryBuffer<TView> : MemoryBuffer
    where TView : struct, IArrayView
{
    private protected MemoryBuffer(Accelerator accelerator, TView view)
        : base(accelerator, view.Length, view.ElementSize)
    {
        View = view;
        NativePtr = view.Buffer.NativePtr;
    }

    public TView View { get; }

    public static implicit operator TView(MemoryBuffer<TView> buffer) => buffer.View;

    private protected override void Dispose(bool disposing)
    {
        View.Buffer.Dispose();
        NativePtr = 0;
    }
}
