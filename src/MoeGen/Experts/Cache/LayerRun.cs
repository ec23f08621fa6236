namespace MoeGen.Experts.Cache;

/// <summary>
/// One layer's way through the cache: which of its experts are computed at once, in which order the others are asked for, and what counts
/// as hit, late hit and miss. It knows no threads, files or clocks: <see cref="ExpertCache"/> drives it with readers, the simulator in
/// virtual time. <see cref="RequestMissing"/>, <see cref="CollectArrived"/>, <see cref="RequestDropped"/> and <see cref="GiveUp"/> change
/// what readers see and belong under the lock of the scheduler; the others take none.
/// </summary>
internal sealed class LayerRun(ExpertGrid grid, ExpertScheduler scheduler)
{
    private readonly int[] _missing = new int[grid.NumExperts]; // [NumMissing] experts of the layer that are not there yet
    private readonly bool[] _takesTwin = new bool[grid.NumExperts]; // [experts] of those that are wanted: their twins will do
    private int _layer;

    /// <summary>The experts that are computed next.</summary>
    public ExpertWave Wave { get; } = new(grid.NumExperts);

    /// <summary>Experts that have not arrived.</summary>
    public int NumMissing { get; private set; }

    /// <summary>Uses of experts that were ready when they were asked for, in all layers so far.</summary>
    public long Hits { get; private set; }

    /// <summary>Uses of experts that were on their way.</summary>
    public long LateHits { get; private set; }

    /// <summary>Uses of experts that nobody had begun to load.</summary>
    public long Misses { get; private set; }

    /// <summary>Key of an expert that has not arrived.</summary>
    /// <param name="index">0-based, below <see cref="NumMissing"/>.</param>
    public int MissingKeyAt(int index) => grid.KeyOf(_layer, _missing[index]);

    /// <summary>The layer has been routed. The wave of the layer before has been released.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="isNewSequence">Whether it has not run for the sequence before.</param>
    public void Start(int layer, bool isNewSequence)
    {
        _layer = layer;
        NumMissing = 0;
        scheduler.StartLayer(layer, isNewSequence);
    }

    /// <summary>Tokens have chosen an expert: it joins the first wave if it is there.</summary>
    /// <param name="expert">0-based expert of the layer; experts come in the order of their numbers.</param>
    /// <param name="numTokens">How many.</param>
    /// <param name="takesTwin">Whether its twin will do for all of them.</param>
    public void Add(int expert, int numTokens, bool takesTwin = false)
    {
        int key = grid.KeyOf(_layer, expert);
        scheduler.Want(key, numTokens);
        _takesTwin[expert] = takesTwin;
        if (scheduler.TryUse(key, out int slot, takesTwin))
        {
            Wave.Add(expert, slot);
            Hits++;
        }
        else
        {
            _missing[NumMissing++] = expert;
        }
    }

    /// <summary>
    /// Asks for all that is not there: what is on its way first, because it is there sooner; then the others, in the order of their numbers
    /// or, where <see cref="SortMissing"/> was called, of their worth.
    /// </summary>
    public void RequestMissing()
    {
        for (int i = 0, numArriving = 0; i < NumMissing; i++)
        {
            if (scheduler.IsRequested(MissingKeyAt(i)))
            {
                (_missing[numArriving], _missing[i]) = (_missing[i], _missing[numArriving]);
                numArriving++;
            }
        }

        for (int i = 0; i < NumMissing; i++)
        {
            bool isLate = scheduler.Demand(MissingKeyAt(i), PriorityOf(i), _takesTwin[_missing[i]]);
            LateHits += isLate ? 1 : 0;
            Misses += isLate ? 0 : 1;
        }
    }

    /// <summary>
    /// Orders what is not there by its worth: asked for last, what is worth most is least likely to go for another expert of its layer.
    /// </summary>
    /// <param name="worth">Compares keys, what is worth least first.</param>
    public void SortMissing(Comparison<int> worth)
    {
        // insertion: nothing is allocated, and a layer's experts are few
        for (int i = 1; i < NumMissing; i++)
        {
            int expert = _missing[i], place = i;
            for (; place > 0 && worth(MissingKeyAt(place - 1), grid.KeyOf(_layer, expert)) > 0; place--)
            {
                _missing[place] = _missing[place - 1];
            }

            _missing[place] = expert;
        }
    }

    /// <summary>Puts what has arrived into the wave.</summary>
    /// <returns>Whether there is anything to compute.</returns>
    public bool CollectArrived()
    {
        int stillMissing = 0;
        for (int i = 0; i < NumMissing; i++)
        {
            if (scheduler.TryUse(MissingKeyAt(i), out int slot, _takesTwin[_missing[i]]))
            {
                Wave.Add(_missing[i], slot);
            }
            else
            {
                _missing[stillMissing++] = _missing[i];
            }
        }

        NumMissing = stillMissing;
        return Wave.Count > 0;
    }

    /// <summary>
    /// Asks again for what is neither there nor on its way: a prefetch of it was given up in the moment in which it was wanted, its twin
    /// could not be read, or a twin has come that will not do.
    /// </summary>
    /// <returns>Whether there was any.</returns>
    public bool RequestDropped()
    {
        bool hasDropped = false;
        for (int i = 0; i < NumMissing; i++)
        {
            if (!scheduler.IsRequested(MissingKeyAt(i)))
            {
                _ = scheduler.Demand(MissingKeyAt(i), CopyPriority.Demand, _takesTwin[_missing[i]]);
                hasDropped = true;
            }
        }

        return hasDropped;
    }

    /// <summary>Whether an expert of the wave is there as its twin.</summary>
    /// <param name="index">0-based place in the wave.</param>
    public bool IsTwin(int index) => scheduler.HoldsTwin(Wave.SlotAt(index));

    /// <summary>The wave has been computed: its experts may be evicted.</summary>
    public void Release()
    {
        for (int i = 0; i < Wave.Count; i++)
        {
            scheduler.Release(grid.KeyOf(_layer, Wave.ExpertAt(i)), Wave.SlotAt(i));
        }
    }

    /// <summary>Frees the slots of a released wave, for an eviction that keeps nothing.</summary>
    public void GiveUp()
    {
        for (int i = 0; i < Wave.Count; i++)
        {
            scheduler.GiveUp(Wave.SlotAt(i));
        }
    }

    // what a token can choose at most is needed now; what a prompt wants beyond that can only be computed later
    private CopyPriority PriorityOf(int index) => index < grid.TopK ? CopyPriority.Demand : CopyPriority.LookAhead;
}
