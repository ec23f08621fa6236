namespace ILGPU.Execution;

/// <summary>Takes the other threads of a group out of the kernel when one has failed.</summary>
internal sealed class GroupAbortedException : Exception;
