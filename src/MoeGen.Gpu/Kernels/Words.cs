using System.Runtime.InteropServices;

namespace MoeGen.Gpu.Kernels;

/// <summary>16 bytes of weights, which a thread loads at once. What they hold depends on the format of the matrix.</summary>
/// <remarks>Loaded whole and taken apart afterwards: so it becomes one load of 128 bits.</remarks>
[StructLayout(LayoutKind.Sequential)]
public struct Words
{
    /// <summary>Bytes of all four.</summary>
    public const int SizeInBytes = 16;

    /// <summary>Bytes 0 to 3, the first one lowest.</summary>
    public uint X;

    /// <summary>Bytes 4 to 7.</summary>
    public uint Y;

    /// <summary>Bytes 8 to 11.</summary>
    public uint Z;

    /// <summary>Bytes 12 to 15.</summary>
    public uint W;
}
