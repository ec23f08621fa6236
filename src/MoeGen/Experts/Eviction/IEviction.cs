namespace MoeGen.Experts.Eviction;

/// <summary>
/// The question of what to give up: of all resident experts that may go, the one that is worth least goes first. Experts that compute, that
/// the running layer still waits for, or that are being copied are never asked about.
/// </summary>
public interface IEviction
{
    /// <summary>What users call it.</summary>
    string Name { get; }

    /// <summary>Whether an expert stays resident after its use until its slot is needed; no: it is given up at once.</summary>
    bool KeepsUsedExperts => true;

    /// <summary>
    /// Whether worth is defined for experts that are not resident, too, so that a prefetch is only followed where it is worth more than what it
    /// would displace.
    /// </summary>
    bool ComparesPrefetches => false;

    /// <summary>How much a resident expert is worth. Called often, for every candidate of a victim; must not allocate.</summary>
    /// <param name="key">The resident expert.</param>
    /// <param name="usage">What is known of all experts.</param>
    /// <param name="moment">Where the model is, and what wants the slot.</param>
    /// <returns>The smallest goes first; among equals the smallest key. What is worth infinity never goes.</returns>
    double KeepValue(int key, ExpertUsage usage, in EvictionMoment moment);
}

/// <summary>Where the model is when a slot is wanted.</summary>
/// <param name="pass">The running pass, counted from 1.</param>
/// <param name="layer">The running sparse layer, 0-based; -1 before the first one.</param>
/// <param name="incoming">Key of the expert that wants a slot.</param>
/// <param name="residentOfLayer">Resident experts of each sparse layer, [layers].</param>
/// <param name="numSlots">Slots of the cache.</param>
public readonly ref struct EvictionMoment(long pass, int layer, int incoming, ReadOnlySpan<int> residentOfLayer, int numSlots)
{
    /// <summary>The running pass, counted from 1.</summary>
    public long Pass { get; } = pass;

    /// <summary>The running sparse layer, 0-based; -1 before the first one.</summary>
    public int Layer { get; } = layer;

    /// <summary>Key of the expert that wants a slot.</summary>
    public int Incoming { get; } = incoming;

    /// <summary>Resident experts of each sparse layer, [layers].</summary>
    public ReadOnlySpan<int> ResidentOfLayer { get; } = residentOfLayer;

    /// <summary>Slots of the cache.</summary>
    public int NumSlots { get; } = numSlots;
}
