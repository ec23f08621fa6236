using MoeGen.Engine;
using MoeGen.Experts.Cache;

namespace MoeGen.Experts;

/// <summary>An expert that tokens have chosen.</summary>
/// <param name="Id">0-based expert of the layer.</param>
/// <param name="Slot">Where it is.</param>
/// <param name="Next">Where the next one of the wave is; null: it is the last.</param>
/// <param name="Entries">The choices of it, a row each.</param>
internal readonly record struct ChosenExpert(int Id, ExpertSlot Slot, ExpertSlot? Next, Share Entries)
{
    /// <summary>Tokens that chose it.</summary>
    public int NumTokens => Entries.End - Entries.Start;
}

/// <summary>Walks the experts of the current wave without allocating.</summary>
internal struct ChosenExperts(ExpertCache cache, Routing routing)
{
    private int _index = -1;

    public readonly ChosenExpert Current
    {
        get
        {
            int id = cache.Wave.ExpertAt(_index);
            ExpertSlot? next = _index + 1 < cache.Wave.Count ? SlotAt(_index + 1) : null;
            return new ChosenExpert(id, SlotAt(_index), next, routing.EntriesOf(id));
        }
    }

    public readonly ChosenExperts GetEnumerator() => this;

    public bool MoveNext() => ++_index < cache.Wave.Count;

    private readonly ExpertSlot SlotAt(int index) => cache.SlotAt(cache.Wave.SlotAt(index));
}
