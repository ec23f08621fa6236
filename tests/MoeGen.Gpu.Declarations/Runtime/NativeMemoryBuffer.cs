using System.Runtime.InteropServices;
using ILGPU.Execution;

namespace ILGPU.Runtime;

/// <summary>The memory behind views.</summary>
internal sealed class NativeMemoryBuffer : MemoryBuffer
{
    // what cuMemAlloc promises
    private const int Alignment = 256;

    public unsafe NativeMemoryBuffer(Accelerator accelerator, long length, int elementSize)
        : base(accelerator, length, elementSize)
    {
        NativePtr = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, LengthInBytes), Alignment);
        Undefined.Fill(NativePtr, LengthInBytes);
    }

    private protected override unsafe void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree((void*)NativePtr);
        NativePtr = 0;
    }
}
