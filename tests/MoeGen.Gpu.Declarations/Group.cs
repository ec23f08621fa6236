using ILGPU.Execution;

namespace ILGPU;

/// <summary>The group of the running thread. All threads of a group must reach each of its barriers.</summary>
public static class Group
{
    public static int IdxX => KernelThread.Current.GroupIndex.X;

    public static int IdxY => KernelThread.Current.GroupIndex.Y;

    public static int IdxZ => KernelThread.Current.GroupIndex.Z;

    public static Index3D Index => KernelThread.Current.GroupIndex;

    public static int DimX => KernelThread.Current.Group.GroupDim.X;

    public static int DimY => KernelThread.Current.Group.GroupDim.Y;

    public static int DimZ => KernelThread.Current.Group.GroupDim.Z;

    public static Index3D Dimension => KernelThread.Current.Group.GroupDim;

    public static int LinearIndex => KernelThread.Current.LinearIndex;

    public static bool IsFirstThread => LinearIndex == 0;

    public static bool IsLastThread => LinearIndex == Dimension.Size - 1;

    public static void Barrier()
    {
        KernelThread thread = KernelThread.Current;
        thread.Group.Meet(thread, thread.Group.Everyone);
    }

    public static int BarrierPopCount(bool predicate)
    {
        KernelThread thread = KernelThread.Current;
        Rendezvous everyone = thread.Group.Everyone;
        int round = thread.Group.Exchange(thread, everyone, predicate);
        int count = 0;
        for (int i = 0; i < everyone.Count; i++)
        {
            count += everyone.Read<bool>(round, i) ? 1 : 0;
        }

        return count;
    }

    public static bool BarrierAnd(bool predicate) => BarrierPopCount(predicate) == Dimension.Size;

    public static bool BarrierOr(bool predicate) => BarrierPopCount(predicate) > 0;

    /// <summary>The value that the thread of this linear index holds; another index than all others is an error.</summary>
    public static T Broadcast<T>(T value, int groupIndex)
        where T : unmanaged
    {
        KernelThread thread = KernelThread.Current;
        Rendezvous everyone = thread.Group.Everyone;
        ArgumentOutOfRangeException.ThrowIfNegative(groupIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(groupIndex, everyone.Count);
        int round = thread.Group.Exchange(thread, everyone, value);
        return everyone.Read<T>(round, groupIndex);
    }
}
