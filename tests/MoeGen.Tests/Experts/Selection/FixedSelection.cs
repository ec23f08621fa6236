using MoeGen.Experts.Selection;

namespace MoeGen.Tests.Experts.Selection;

/// <summary>A selection that a test sets, and that remembers what it was told.</summary>
internal sealed class FixedSelection(int numChosen) : ISelection
{
    private readonly Dictionary<int, bool[]> _competing = [];

    public string Name => "fixed";

    public int NumChosen { get; set; } = numChosen;

    /// <summary>How often a pass is to be run again.</summary>
    public int Repeats { get; set; }

    /// <summary>Called when a pass begins.</summary>
    public Action<FixedSelection, SelectionPass> Starting { get; set; } = (_, _) => { };

    public List<SelectionPass> Passes { get; } = [];

    public List<int> Layers { get; } = [];

    public bool IsDisposed { get; private set; }

    public FixedSelection Let(int layer, params int[] experts)
    {
        bool[] competing = new bool[100];
        foreach (int expert in experts)
        {
            competing[expert] = true;
        }

        _competing[layer] = competing;
        return this;
    }

    public int NumExperts { get; set; }

    public ReadOnlySpan<bool> Competing(int layer) =>
        _competing.TryGetValue(layer, out bool[]? competing) ? competing.AsSpan(0, NumExperts) : default;

    public void OnPassStart(in SelectionPass start)
    {
        Passes.Add(start);
        Starting(this, start);
    }

    public void OnRouted(in SelectedLayer layer) => Layers.Add(layer.Layer);

    public bool OnPassEnd(ReadOnlySpan<float> logits) => Repeats-- > 0;

    public void Dispose() => IsDisposed = true;
}
