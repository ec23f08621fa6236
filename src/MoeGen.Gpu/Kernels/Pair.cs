using System.Runtime.InteropServices;

namespace MoeGen.Gpu.Kernels;

/// <summary>Two neighbouring activations of a row, float32.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Pair
{
    /// <summary>The one of the even column.</summary>
    public float Even;

    /// <summary>The one of the odd column behind it.</summary>
    public float Odd;
}
