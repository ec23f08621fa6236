namespace ILGPU.Execution;

/// <summary>Whether a thread can run on.</summary>
internal enum KernelThreadState
{
    /// <summary>It can.</summary>
    Ready,

    /// <summary>It waits for other threads.</summary>
    Waiting,

    /// <summary>It left the kernel.</summary>
    Ended,
}
