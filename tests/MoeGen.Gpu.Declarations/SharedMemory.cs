using ILGPU.Execution;

namespace ILGPU;

/// <summary>Memory that the threads of a group share; its values are undefined at first.</summary>
public static class SharedMemory
{
    /// <summary>Gives the n-th call of every thread of a group the same memory; they must ask for the same size.</summary>
    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged
    {
        KernelThread thread = KernelThread.Current;
        return new ArrayView<T>(thread.Group.AllocateShared(thread, extent, Interop.SizeOf<T>()), 0, extent);
    }
}
