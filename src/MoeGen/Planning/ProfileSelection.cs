using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection;

namespace MoeGen.Planning;

/// <summary>Lets the same few experts of each layer run, one or several of them from pass to pass: what several take longer is their time.</summary>
internal sealed class ProfileSelection : ISelection
{
    private readonly int _most;
    private readonly bool[] _competing; // [experts]

    /// <summary>Makes a selection.</summary>
    /// <param name="grid">Experts of the model.</param>
    /// <param name="most">Experts of a layer that run, 1 to top-k; they are the layer's first.</param>
    public ProfileSelection(ExpertGrid grid, int most)
    {
        _most = most;
        _competing = new bool[grid.NumExperts];
        _competing.AsSpan(0, most).Fill(true);
        NumChosen = most;
    }

    public string Name => "profile";

    /// <summary>Experts that every token of the pass runs.</summary>
    public int NumChosen { get; private set; }

    public int NumChosenOf(int token) => NumChosen;

    public ReadOnlySpan<bool> Competing(int layer) => _competing;

    public void OnPassStart(in SelectionPass start) => NumChosen = start.Segments[0].IsDecode && NumChosen == _most ? 1 : _most;

    public void OnRouted(in SelectedLayer layer)
    {
    }

    public bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits) => false;

    public void Dispose()
    {
    }
}
