using ILGPU.Execution;

namespace ILGPU;

/// <summary>The warp of the running thread: <see cref="WarpSize"/> neighbours of its group, fewer in the last warp.</summary>
/// <remarks>
/// A lane outside 0..WarpSize-1 gives the thread's own value; a lane of the warp that no thread runs on, one whose bits are all set.
/// </remarks>
public static class Warp
{
    public static int WarpSize => KernelThread.Current.Group.WarpSize;

    public static int LaneIdx => KernelThread.Current.LinearIndex % WarpSize;

    public static int WarpIdx => KernelThread.Current.LinearIndex / WarpSize;

    public static bool IsFirstLane => LaneIdx == 0;

    public static bool IsLastLane => LaneIdx == WarpSize - 1;

    public static void Barrier()
    {
        KernelThread thread = KernelThread.Current;
        thread.Group.Meet(thread, thread.Group.WarpOf(thread));
    }

    public static T Shuffle<T>(T variable, int sourceLane)
        where T : unmanaged
    {
        KernelThread thread = KernelThread.Current;
        Rendezvous warp = thread.Group.WarpOf(thread);
        int round = thread.Group.Exchange(thread, warp, variable);
        if (sourceLane < 0 || sourceLane >= thread.Group.WarpSize)
        {
            return variable;
        }

        return sourceLane < warp.Count ? warp.Read<T>(round, sourceLane) : Undefined.Value<T>();
    }

    public static T ShuffleDown<T>(T variable, int delta)
        where T : unmanaged =>
        Shuffle(variable, LaneIdx + delta);

    public static T ShuffleUp<T>(T variable, int delta)
        where T : unmanaged =>
        Shuffle(variable, LaneIdx - delta);

    public static T ShuffleXor<T>(T variable, int mask)
        where T : unmanaged =>
        Shuffle(variable, LaneIdx ^ mask);

    public static T Broadcast<T>(T value, int sourceLane)
        where T : unmanaged =>
        Shuffle(value, sourceLane);
}
