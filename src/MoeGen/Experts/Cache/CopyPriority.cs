namespace MoeGen.Experts.Cache;

/// <summary>What is copied first. While anything urgent waits, nothing else begins.</summary>
public enum CopyPriority
{
    /// <summary>The running layer waits for it.</summary>
    Demand,

    /// <summary>The running layer will want it, but computes others before it.</summary>
    LookAhead,

    /// <summary>A later layer may want it.</summary>
    Prefetch,

    /// <summary>It belongs in memory in the long run; no layer waits for it.</summary>
    Swap,
}
