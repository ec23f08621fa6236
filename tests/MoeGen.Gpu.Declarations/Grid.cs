using ILGPU.Execution;

namespace ILGPU;

/// <summary>The grid of groups of the running launch, and the place of the running thread's group in it.</summary>
public static class Grid
{
    public static int IdxX => KernelThread.Current.Group.GridIndex.X;

    public static int IdxY => KernelThread.Current.Group.GridIndex.Y;

    public static int IdxZ => KernelThread.Current.Group.GridIndex.Z;

    public static Index3D Index => KernelThread.Current.Group.GridIndex;

    public static int DimX => KernelThread.Current.Group.GridDim.X;

    public static int DimY => KernelThread.Current.Group.GridDim.Y;

    public static int DimZ => KernelThread.Current.Group.GridDim.Z;

    public static Index3D Dimension => KernelThread.Current.Group.GridDim;
}
