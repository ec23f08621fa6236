using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ILGPU.Execution;

/// <summary>What memory holds before it is written: all bits set, which is not a number among floats, and no plausible index.</summary>
internal static class Undefined
{
    private const byte Bits = 0xFF;

    public static unsafe T Value<T>()
        where T : unmanaged
    {
        T value;
        Unsafe.InitBlock(&value, Bits, (uint)sizeof(T));
        return value;
    }

    public static unsafe void Fill(nint address, long bytes) => NativeMemory.Fill((void*)address, (nuint)bytes, Bits);
}
