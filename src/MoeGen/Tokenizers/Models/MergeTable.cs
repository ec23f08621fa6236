using System.Numerics;

namespace MoeGen.Tokenizers;

/// <summary>The merges of a BPE model: which two tokens join to which, and in which order of preference.</summary>
/// <remarks>
/// Open addressing over a power of two: a lookup, of which a word needs several, touches one cache line as a rule. Immutable after
/// reading.
/// </remarks>
internal sealed class MergeTable
{
    private readonly Entry[] _entries;
    private readonly int _shift;

    /// <summary>Makes an empty table.</summary>
    /// <param name="capacity">The most merges that will be set.</param>
    public MergeTable(int capacity)
    {
        // at most half full, so that probes stay short
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, 2L * capacity));
        _entries = new Entry[size];
        _shift = 64 - BitOperations.Log2((uint)size);
    }

    /// <summary>Sets the merge of a pair; a later one replaces an earlier one.</summary>
    public void Set(int left, int right, Merge merge)
    {
        ulong key = Key(left, right);
        int slot = FindSlot(key);
        _entries[slot] = new Entry(key, merge);
    }

    /// <summary>Finds the merge of a pair.</summary>
    /// <returns>False when the two do not join.</returns>
    public bool TryGet(int left, int right, out Merge merge)
    {
        ulong key = Key(left, right);
        Entry entry = _entries[FindSlot(key)];
        merge = entry.Merge;
        return entry.Key == key;
    }

    // ids are not negative, so that adding one keeps every key off 0, the mark of a free slot
    private static ulong Key(int left, int right) => ((ulong)(uint)(left + 1) << 32) | (uint)right;

    private int FindSlot(ulong key)
    {
        // multiplicative hashing with 2^64 over the golden ratio: Knuth, The Art of Computer Programming 3, section 6.4
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (_entries[slot].Key != key && _entries[slot].Key != 0)
        {
            slot = (slot + 1) & (_entries.Length - 1);
        }

        return slot;
    }

    private readonly record struct Entry(ulong Key, Merge Merge);
}
