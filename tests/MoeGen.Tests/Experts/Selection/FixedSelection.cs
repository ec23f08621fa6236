using MoeGen.Engine;
using MoeGen.Experts.Selection;

namespace MoeGen.Tests.Experts.Selection;

/// <summary>A selection that a test sets, and that remembers what it was told.</summary>
internal sealed class FixedSelection(int numChosen) : ISelection
{
    private readonly Dictionary<int, bool[]> _competing = [];

    public string Name => "fixed";

    public int NumChosen { get; set; } = numChosen;

    public int NumChosenOf(int token) => NumChosen;

    /// <summary>How often a pass is to be run again.</summary>
    public int Repeats { get; set; }

    /// <summary>Called when a pass begins.</summary>
    public Action<FixedSelection, StartedPass> Starting { get; set; } = (_, _) => { };

    public List<StartedPass> Passes { get; } = [];

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
        Segment first = start.Segments[0];
        StartedPass pass = new(start.NumTokens, first.IsNewSequence, start.IsRepeat, first.IsDecode) { DecodeStep = first.DecodeStep };
        Passes.Add(pass);
        Starting(this, pass);
    }

    public void OnRouted(in SelectedLayer layer) => Layers.Add(layer.Layer);

    public bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits) => Repeats-- > 0;

    public void Dispose() => IsDisposed = true;
}

/// <summary>What a selection was told of a pass of one sequence.</summary>
internal sealed record StartedPass(int NumTokens, bool IsNewSequence, bool IsRepeat, bool IsDecode)
{
    public int DecodeStep { get; init; }
}
