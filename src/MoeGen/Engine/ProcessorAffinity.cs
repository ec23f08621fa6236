using System.Runtime.InteropServices;

namespace MoeGen.Engine;

/// <summary>On which processors a thread may run: Linux alone; elsewhere the system decides.</summary>
internal static unsafe partial class ProcessorAffinity
{
    private const int MaskWords = 16;
    private const int WordBits = 64;
    private const int ThisThread = 0;

    /// <summary>Processors on which the calling thread may run, by number; none: not known.</summary>
    public static int[] Allowed()
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        return GetAffinity(ThisThread, MaskWords * sizeof(ulong), mask) < 0
            ? []
            : [.. Enumerable.Range(0, MaskWords * WordBits).Where(processor => (mask[processor / WordBits] >> (processor % WordBits) & 1) != 0)];
    }

    /// <summary>Keeps the calling thread on one processor.</summary>
    /// <param name="processor">One of <see cref="Allowed"/>.</param>
    /// <returns>False: the system refuses, and the thread runs where it did.</returns>
    public static bool Pin(int processor)
    {
        ulong* mask = stackalloc ulong[MaskWords];
        new Span<ulong>(mask, MaskWords).Clear();
        mask[processor / WordBits] = 1UL << (processor % WordBits);
        return SetAffinity(ThisThread, MaskWords * sizeof(ulong), mask) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint maskBytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint maskBytes, ulong* mask);
}
