using System.Numerics;

namespace MoeGen.Tokenizers;

/// <summary>The tokens of a vocabulary as a tree of their chars, to find all that a text starts with.</summary>
/// <remarks>
/// The nodes are numbers; one hash table with open addressing leads from a node and a char to the next node. Immutable after building;
/// a step touches one cache line as a rule.
/// </remarks>
internal sealed class TokenTrie
{
    /// <summary>The node from which all tokens start.</summary>
    public const int Root = 0;

    /// <summary>Where nothing goes on, or ends.</summary>
    public const int None = -1;

    private const int CharBits = 16;

    private readonly List<int> _ids = [None]; // by node: the token that ends there
    private ulong[] _keys = new ulong[1024]; // (node + 1, char); 0 for a free slot
    private int[] _nodes = new int[1024];

    /// <summary>Adds a token; of two that are equal the last one counts.</summary>
    public void Add(string token, int id)
    {
        int node = Root;
        foreach (char c in token)
        {
            int slot = FindSlot(_keys, Key(node, c));
            if (_keys[slot] == 0)
            {
                _keys[slot] = Key(node, c);
                _nodes[slot] = _ids.Count;
                _ids.Add(None);
            }

            node = _nodes[slot];

            // at most half full, so that probes stay short
            if (2 * _ids.Count > _keys.Length)
            {
                Grow();
            }
        }

        _ids[node] = id;
    }

    /// <summary>Returns the node to which a char leads, or <see cref="None"/>.</summary>
    public int Step(int node, char c)
    {
        int slot = FindSlot(_keys, Key(node, c));
        return _keys[slot] == 0 ? None : _nodes[slot];
    }

    /// <summary>Returns the node to which a text leads from the root, or <see cref="None"/>.</summary>
    public int Find(ReadOnlySpan<char> text)
    {
        int node = Root;
        for (int i = 0; i < text.Length && node != None; i++)
        {
            node = Step(node, text[i]);
        }

        return node;
    }

    /// <summary>Returns the token that ends at a node, or <see cref="None"/>.</summary>
    public int TokenAt(int node) => _ids[node];

    private static ulong Key(int node, char c) => ((ulong)(uint)(node + 1) << CharBits) | c;

    private static int FindSlot(ulong[] keys, ulong key)
    {
        // multiplicative hashing with 2^64 over the golden ratio: Knuth, The Art of Computer Programming 3, section 6.4
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> (64 - BitOperations.Log2((uint)keys.Length)));
        while (keys[slot] != key && keys[slot] != 0)
        {
            slot = (slot + 1) & (keys.Length - 1);
        }

        return slot;
    }

    private void Grow()
    {
        ulong[] keys = new ulong[2 * _keys.Length];
        int[] nodes = new int[keys.Length];
        for (int i = 0; i < _keys.Length; i++)
        {
            if (_keys[i] != 0)
            {
                int slot = FindSlot(keys, _keys[i]);
                (keys[slot], nodes[slot]) = (_keys[i], _nodes[i]);
            }
        }

        (_keys, _nodes) = (keys, nodes);
    }
}
