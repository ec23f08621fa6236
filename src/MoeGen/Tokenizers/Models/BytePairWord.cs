namespace MoeGen.Tokenizers;

/// <summary>The symbols of one word while they are merged: a linked list over arrays, and a queue of the pairs that can merge.</summary>
/// <remarks>Scratch of one call: not thread-safe, reused from word to word. Time grows with n log n.</remarks>
internal sealed class BytePairWord
{
    private const int Gone = -1;

    // by position of the symbol in the unmerged word
    private int[] _ids = new int[64]; // token, Gone when merged into the symbol before it
    private int[] _previous = new int[64]; // position of the symbol before, -1 at the start
    private int[] _next = new int[64]; // position of the symbol behind, _count at the end
    private int _count;

    // left positions of pairs; the order is rank, then position, in one number
    private readonly PriorityQueue<int, long> _pairs = new();

    public void Clear() => _count = 0;

    public void Add(int id)
    {
        if (_count == _ids.Length)
        {
            Array.Resize(ref _ids, 2 * _count);
            Array.Resize(ref _previous, 2 * _count);
            Array.Resize(ref _next, 2 * _count);
        }

        _ids[_count] = id;
        _previous[_count] = _count - 1;
        _next[_count] = _count + 1;
        _count++;
    }

    /// <summary>Merges, again and again, the pair with the lowest rank, of equals the leftmost, until no pair is left that can.</summary>
    public void MergeAll(MergeTable merges)
    {
        for (int i = 0; i + 1 < _count; i++)
        {
            Enqueue(merges, i);
        }

        while (_pairs.TryDequeue(out int left, out long order))
        {
            // a symbol of the pair may have merged elsewhere since: then its tokens have another rank, or are none
            int right = _next[left];
            if (_ids[left] == Gone || right == _count
                || !merges.TryGet(_ids[left], _ids[right], out Merge merge) || Order(merge.Rank, left) != order)
            {
                continue;
            }

            _ids[left] = merge.Id;
            _ids[right] = Gone;
            int behind = _next[right];
            _next[left] = behind;
            if (behind != _count)
            {
                _previous[behind] = left;
                Enqueue(merges, left);
            }

            if (_previous[left] >= 0)
            {
                Enqueue(merges, _previous[left]);
            }
        }
    }

    /// <summary>Appends the tokens that are left.</summary>
    public void AppendTo(List<int> ids)
    {
        for (int i = 0; i < _count; i = _next[i])
        {
            ids.Add(_ids[i]);
        }
    }

    private static long Order(int rank, int position) => ((long)rank << 32) | (uint)position;

    private void Enqueue(MergeTable merges, int left)
    {
        if (merges.TryGet(_ids[left], _ids[_next[left]], out Merge merge))
        {
            _pairs.Enqueue(left, Order(merge.Rank, left));
        }
    }
}
