using MoeGen.Engine;
using MoeGen.Experts.Cache;

namespace MoeGen.Experts;

/// <summary>An expert that tokens have chosen.</summary>
/// <param name="Id">0-based expert of the layer.</param>
/// <param name="Slot">Where it is.</param>
/// <param name="Entries">The choices of it, a row each.</param>
internal readonly record struct ChosenExpert(int Id, ExpertSlot Slot, Share Entries)
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
            return new ChosenExpert(id, cache.SlotAt(cache.Wave.SlotAt(_index)), routing.EntriesOf(id));
        }
    }

    public readonly ChosenExperts GetEnumerator() => this;

    public bool MoveNext() => ++_index < cache.Wave.Count;
}
