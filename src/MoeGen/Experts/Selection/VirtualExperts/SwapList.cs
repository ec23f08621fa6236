namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>An expert that is to become a Virtual Expert, and the one of the same layer that leaves for it.</summary>
/// <param name="Enter">Key of the expert that enters.</param>
/// <param name="Leave">Key of the one that leaves; <see cref="Nobody"/>: there is room.</param>
/// <param name="Gain">Importance gained.</param>
internal readonly record struct Swap(int Enter, int Leave, double Gain)
{
    /// <summary>Nobody leaves.</summary>
    public const int Nobody = -1;
}

/// <summary>Swaps in no order, at most one for each expert; adding and taking allocates nothing.</summary>
internal sealed class SwapList(int capacity)
{
    private readonly Swap[] _swaps = new Swap[capacity]; // the first Count

    public int Count { get; private set; }

    public Swap this[int index] => _swaps[index];

    public void Clear() => Count = 0;

    public void Add(in Swap swap) => _swaps[Count++] = swap;

    public void RemoveAt(int index) => _swaps[index] = _swaps[--Count];

    /// <summary>Takes the swap that gains most; among equals the one with the smaller key.</summary>
    public bool TryTakeBest(out Swap best)
    {
        best = default;
        int place = -1;
        for (int i = 0; i < Count; i++)
        {
            Swap swap = _swaps[i];
            if (place < 0 || swap.Gain > best.Gain || (swap.Gain == best.Gain && swap.Enter < best.Enter))
            {
                (place, best) = (i, swap);
            }
        }

        if (place >= 0)
        {
            RemoveAt(place);
        }

        return place >= 0;
    }
}
