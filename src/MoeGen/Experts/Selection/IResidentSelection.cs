using MoeGen.Experts.Eviction;

namespace MoeGen.Experts.Selection;

/// <summary>
/// A selection that also says which experts are in memory: where only those compete, no layer ever waits for one. The cache evicts
/// nothing of its own accord, unless the selection lets it (<see cref="IExpertSwaps.EvictBy"/>).
/// </summary>
internal interface IResidentSelection : ISelection
{
    /// <summary>Whether <see cref="Start"/> needs the norms of the experts.</summary>
    bool NeedsNorms { get; }

    /// <summary>Compares keys of experts by what they are worth, the least first.</summary>
    Comparison<int> Worth { get; }

    /// <summary>Experts that are in memory when the cache has so many slots and nothing is on its way.</summary>
    /// <param name="numSlots">Slots.</param>
    int NumResident(int numSlots);

    /// <summary>The model is being loaded.</summary>
    /// <param name="experts">The cache.</param>
    /// <param name="numSlots">Its slots; as many as there are experts: all of them are in memory.</param>
    /// <param name="norms">Norms of the experts, [keys]; empty where they are not needed.</param>
    /// <returns>Keys of the experts that are to be in memory when the first pass begins.</returns>
    int[] Start(IExpertSwaps experts, int numSlots, ReadOnlySpan<float> norms);

    /// <summary>The cache is about to have another number of slots. Called between passes.</summary>
    /// <param name="numSlots">Slots from now on.</param>
    void Resize(int numSlots);
}

/// <summary>What a selection that says which experts are in memory can ask of the cache. Called by the thread that runs the model.</summary>
internal interface IExpertSwaps
{
    /// <summary>Copies of experts that the disk makes in the time of a decode step, one behind the other; 0: not known yet.</summary>
    double CopiesPerStep { get; }

    /// <summary>Says by which rule experts are given up from now on for those that a layer waits for. Called between passes.</summary>
    /// <param name="eviction">The rule. Under one that keeps everything, no expert may run that is not in memory.</param>
    void EvictBy(IEviction eviction);

    /// <summary>Asks for an expert: it is read into a free slot when there is one and nothing more urgent is to be read.</summary>
    /// <param name="key">An expert that is not in memory.</param>
    void Begin(int key);

    /// <summary>Whether a copy that was begun has ended. Says so once.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="isResident">Whether the expert is in memory; no: it could not be read.</param>
    bool HasEnded(int key, out bool isResident);

    /// <summary>Waits until a copy that was begun has ended.</summary>
    /// <param name="key">The expert.</param>
    void WaitFor(int key);

    /// <summary>Gives up an expert, in memory or on its way: its slot becomes free, at the latest when its readers are back.</summary>
    /// <param name="key">The expert. It no longer competes.</param>
    void GiveUp(int key);
}
