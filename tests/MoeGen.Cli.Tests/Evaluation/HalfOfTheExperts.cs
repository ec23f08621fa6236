using MoeGen.Engine;
using MoeGen.Experts.Eviction;
using MoeGen.Experts.Selection;

namespace MoeGen.Cli.Tests.Evaluation;

/// <summary>A method that is not exact: every token runs half of what its router chose.</summary>
internal sealed class HalfOfTheExperts(int topK) : ISelection
{
    /// <summary>Called when a pass begins.</summary>
    public Action Starting { get; init; } = () => { };

    public string Name => "half";

    public int NumChosenOf(int token) => topK / 2;

    public static Offloading Method(Action? starting = null) => new()
    {
        Name = "half",
        IsExact = false,
        CreateEviction = _ => new LruEviction(),
        CreateSelection = setup => new HalfOfTheExperts(setup.Grid.TopK) { Starting = starting ?? (() => { }) },
    };

    public ReadOnlySpan<bool> Competing(int layer) => default;

    public void OnPassStart(in SelectionPass start) => Starting();

    public void OnRouted(in SelectedLayer layer)
    {
    }

    public bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits) => false;

    public void Dispose()
    {
    }
}
