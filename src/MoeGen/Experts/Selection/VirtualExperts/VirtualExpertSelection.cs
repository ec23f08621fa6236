using MoeGen.Engine;

namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>
/// Lets the Virtual Experts of each layer compete and no others, and exchanges them while the model runs for experts that would contribute
/// more (SwapMoE, arXiv 2308.15030, sections 3.1 and 3.2). A swap is copied into a spare slot behind the running model; when it is complete,
/// the next pass begins with the entering expert instead of the leaving one, whose slot is then spare.
/// </summary>
/// <remarks>
/// Two things spread swaps over time: an update only says which are wanted, and as many of them are begun for each input as fit into a share
/// of its time (amortised); and no pass waits for one (asynchronous). What one update wanted and nobody has begun is judged anew by the next.
/// Arithmetic without threads, clocks or files: the cache copies, and says how fast.
/// </remarks>
internal sealed partial class VirtualExpertSelection : IResidentSelection
{
    private readonly ExpertGrid _grid;
    private readonly SwapOptions _options;
    private readonly int _updateInterval; // inputs; 0: never
    private readonly ExpertImportance _importance;
    private readonly VirtualExpertSet _virtual;
    private readonly bool[] _isTaken; // [keys] part of a swap that is pending or on its way
    private readonly SwapList _pending; // wanted by the last update, not begun
    private readonly SwapList _coming; // begun
    private readonly int[] _shares; // [layers] Virtual Experts that the layer is to have
    private readonly IResidency _residency;
    private readonly VirtualExpertEviction _promptEviction;
    private IExpertSwaps? _experts;
    private int _numSlots;
    private int _inputs; // since the last update
    private int _passesOfInput;
    private int _begunOfInput;
    private double _passesPerInput = 1; // of the last input

    /// <summary>Creates the selection; <see cref="Start"/> says which experts begin.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="options">Choices that have been checked, with a plan that has been checked for this model.</param>
    public VirtualExpertSelection(SelectionSetup setup, SwapOptions options)
    {
        _grid = setup.Grid;
        _options = options;
        _updateInterval = options.UpdateInterval ?? options.Plan?.UpdateInterval ?? 1;
        _importance = new ExpertImportance(_grid, options.Score, options.Decay);
        _virtual = new VirtualExpertSet(_grid);
        _isTaken = new bool[_grid.Count];
        _pending = new SwapList(_grid.Count);
        _coming = new SwapList(_grid.Count);
        _shares = new int[_grid.NumLayers];
        _residency = setup.Residency;
        Worth = (a, b) => _importance.Latest(a).CompareTo(_importance.Latest(b));
        _promptEviction = new VirtualExpertEviction(_grid, _shares, _importance, _residency);
    }

    /// <inheritdoc/>
    public string Name => "swapmoe";

    /// <inheritdoc/>
    public int NumChosenOf(int token) => _grid.TopK;

    /// <inheritdoc/>
    public Comparison<int> Worth { get; }

    /// <inheritdoc/>
    public bool NeedsNorms => _options.Plan?.Norms is null;

    /// <summary>Norms of the experts, [keys]: what a plan may keep, so that they need not be measured again.</summary>
    public ReadOnlySpan<float> Norms => _importance.Norms;

    private int NumSpare => _numSlots - _virtual.Count - _coming.Count;

    /// <summary>Bytes that a selection holds.</summary>
    public static unsafe long SizeInBytesOf(ExpertGrid grid) =>
        grid.Count * ((2L * sizeof(double)) + sizeof(float) + (2 * sizeof(bool)) + (2 * sizeof(Swap)));

    /// <inheritdoc/>
    public ReadOnlySpan<bool> Competing(int layer) => _hasLetGo ? default : _virtual.Of(layer);

    /// <inheritdoc/>
    public int NumResident(int numSlots) => VirtualExpertShares.CountOf(_grid, numSlots, _options.SpareSlots);

    /// <inheritdoc/>
    public int[] Start(IExpertSwaps experts, int numSlots, ReadOnlySpan<float> norms)
    {
        _experts = experts;
        _importance.SetNorms(_options.Plan?.Norms is { } planned ? [.. planned.SelectMany(layer => layer)] : norms);
        SetSlots(numSlots);
        List<int> keys = [];
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            // a plan names its experts best first; a smaller budget than the plan's takes the first of them
            if (_options.Plan?.InitialExperts is { } initial)
            {
                foreach (int expert in initial[layer].Take(_shares[layer]))
                {
                    _virtual.Add(_grid.KeyOf(layer, expert));
                }
            }

            while (_virtual.CountOf(layer) < _shares[layer])
            {
                _virtual.Add(BestAbsent(layer));
            }

            for (int expert = 0; expert < _grid.NumExperts; expert++)
            {
                if (_virtual.Contains(_grid.KeyOf(layer, expert)))
                {
                    keys.Add(_grid.KeyOf(layer, expert));
                }
            }
        }

        return [.. keys];
    }

    /// <inheritdoc/>
    /// <remarks>Experts that have lost their place go at once, the least important first; new places are filled behind the running model.</remarks>
    public void Resize(int numSlots)
    {
        // what is on its way was asked for under another budget
        DropSwaps();
        SetSlots(numSlots);
        if (_hasLetGo)
        {
            return;
        }

        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            while (_virtual.CountOf(layer) > _shares[layer])
            {
                Leave(LeastVirtual(layer));
            }
        }

        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            for (int missing = _shares[layer] - _virtual.CountOf(layer); missing > 0; missing--)
            {
                Begin(Room(BestAbsent(layer)));
            }
        }
    }

    /// <inheritdoc/>
    public void OnPassStart(in SelectionPass start)
    {
        if (start.IsRepeat)
        {
            return;
        }

        // a step beside a prompt runs what its router chooses, too
        if (_options.Prompt == SwapPrompt.Exact && !start.IsDecode)
        {
            LetGo(start.IsNewText);
            return;
        }

        bool isPromptOver = _hasLetGo;
        TakeBack();
        TakeOver();
        if (isPromptOver || _options.Unit == SwapUnit.ForwardPass)
        {
            StartInput(isPromptOver);
        }
        else
        {
            foreach (Segment segment in start.Segments)
            {
                if (segment.IsNewSequence)
                {
                    StartInput(isPromptOver: false);
                }
            }
        }

        _passesOfInput++;
        BeginPending();
    }

    /// <inheritdoc/>
    public void OnRouted(in SelectedLayer layer) => _importance.Add(layer);

    /// <inheritdoc/>
    public bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits) => false;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void SetSlots(int numSlots)
    {
        _numSlots = numSlots;
        VirtualExpertShares.Of(_grid, NumResident(numSlots), _options.Plan?.ExpertsPerLayer).CopyTo(_shares, 0);
    }

    private void DropSwaps()
    {
        for (; _coming.Count > 0; _coming.RemoveAt(0))
        {
            _experts!.GiveUp(_coming[0].Enter);
        }

        _pending.Clear();
        Array.Clear(_isTaken);
    }

    // what has arrived takes the place of what leaves for it
    private void TakeOver()
    {
        for (int i = _coming.Count - 1; i >= 0; i--)
        {
            Swap swap = _coming[i];
            if (!_experts!.HasEnded(swap.Enter, out bool isResident))
            {
                continue;
            }

            _coming.RemoveAt(i);
            Release(swap);
            if (isResident)
            {
                _virtual.Add(swap.Enter);
                if (swap.Leave != Swap.Nobody)
                {
                    Leave(swap.Leave);
                }
            }
        }
    }

    private void StartInput(bool isPromptOver)
    {
        _passesPerInput = Math.Max(1, _passesOfInput);
        _passesOfInput = 0;
        _begunOfInput = 0;
        if (isPromptOver || (_inputs == _updateInterval && _updateInterval > 0))
        {
            _inputs = 0;
            Update();
        }

        _inputs++;
    }

    private void Update()
    {
        _importance.Update();
        for (int i = 0; i < _pending.Count; i++)
        {
            Release(_pending[i]);
        }

        _pending.Clear();
        for (int layer = 0; layer < _grid.NumLayers; layer++)
        {
            WantSwaps(layer);
        }

        while (_options.IsSynchronous && _pending.TryTakeBest(out Swap swap))
        {
            Begin(swap);
            _experts!.WaitFor(swap.Enter);
            TakeOver();
        }
    }

    // the most important absent expert for the least important Virtual one, and so on while it is worth it: what is left are the n_l most
    // important experts, but for those that are worth less than the hysteresis more
    private void WantSwaps(int layer)
    {
        // a prompt may leave more in memory than the layer is to have
        while (_virtual.CountOf(layer) > _shares[layer])
        {
            Leave(LeastVirtual(layer));
        }

        for (int missing = _shares[layer] - _virtual.CountOf(layer) - NumComing(layer); missing > 0; missing--)
        {
            Want(Room(BestAbsent(layer)));
        }

        while (true)
        {
            int enter = BestAbsent(layer), leave = LeastVirtual(layer);
            if (enter < 0 || leave < 0 || !(_importance.Of(enter) > (1 + _options.Hysteresis) * _importance.Of(leave)))
            {
                return;
            }

            Want(new Swap(enter, leave, _importance.Of(enter) - _importance.Of(leave)));
        }
    }

    private void BeginPending()
    {
        if (_pending.Count == 0 || NumSpare == 0)
        {
            return;
        }

        int most = Math.Max(1, (int)Math.Min(int.MaxValue, _options.BandwidthShare * _experts!.CopiesPerStep * _passesPerInput));
        while (NumSpare > 0 && _begunOfInput < most && _pending.TryTakeBest(out Swap swap))
        {
            _begunOfInput++;
            Begin(swap);
        }
    }

    private Swap Room(int enter) => new(enter, Swap.Nobody, _importance.Of(enter));

    private void Want(in Swap swap)
    {
        _pending.Add(swap);
        Reserve(swap);
    }

    private void Begin(in Swap swap)
    {
        Reserve(swap);
        _coming.Add(swap);
        _experts!.Begin(swap.Enter);
    }

    private void Reserve(in Swap swap)
    {
        _isTaken[swap.Enter] = true;
        if (swap.Leave != Swap.Nobody)
        {
            _isTaken[swap.Leave] = true;
        }
    }

    private void Release(in Swap swap)
    {
        _isTaken[swap.Enter] = false;
        if (swap.Leave != Swap.Nobody)
        {
            _isTaken[swap.Leave] = false;
        }
    }

    private void Leave(int key)
    {
        _virtual.Remove(key);
        _experts!.GiveUp(key);
    }

    // experts on their way for whom nobody leaves
    private int NumComing(int layer)
    {
        int count = 0;
        for (int i = 0; i < _coming.Count; i++)
        {
            count += _coming[i].Leave == Swap.Nobody && _grid.LayerOf(_coming[i].Enter) == layer ? 1 : 0;
        }

        return count;
    }

    // of those that no swap concerns; -1: none
    private int BestAbsent(int layer)
    {
        int best = -1;
        for (int key = _grid.KeyOf(layer, 0), end = key + _grid.NumExperts; key < end; key++)
        {
            if (!_virtual.Contains(key) && !_isTaken[key] && (best < 0 || _importance.IsAbove(key, best)))
            {
                best = key;
            }
        }

        return best;
    }

    private int LeastVirtual(int layer)
    {
        int least = -1;
        for (int key = _grid.KeyOf(layer, 0), end = key + _grid.NumExperts; key < end; key++)
        {
            if (_virtual.Contains(key) && !_isTaken[key] && (least < 0 || _importance.IsAbove(least, key)))
            {
                least = key;
            }
        }

        return least;
    }
}
