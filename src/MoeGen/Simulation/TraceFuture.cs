using MoeGen.Experts;
using MoeGen.Traces;

namespace MoeGen.Simulation;

/// <summary>When every expert of a trace is used: what only a simulation can know. Four bytes for each use.</summary>
internal sealed class TraceFuture
{
    private readonly int[] _starts; // [keys + 1] first use of each expert in _passes
    private readonly int[] _passes; // [uses] 0-based passes, ascending for each expert

    private TraceFuture(int[] starts, int[] passes)
    {
        _starts = starts;
        _passes = passes;
    }

    /// <summary>The future of a trace, read when somebody asks for it.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static Lazy<TraceFuture> Of(ActivationTrace trace, CancellationToken cancellationToken) =>
        new(() => Read(trace, cancellationToken));

    /// <summary>Passes that use an expert, 0-based, ascending.</summary>
    public ReadOnlySpan<int> UsesOf(int key) => _passes.AsSpan(_starts[key].._starts[key + 1]);

    private static TraceFuture Read(ActivationTrace trace, CancellationToken cancellationToken)
    {
        int[] starts = new int[trace.Info.Grid.Count + 1];
        ForEachUse(trace, (key, _) => starts[key + 1]++, cancellationToken);
        for (int key = 0; key < starts.Length - 1; key++)
        {
            starts[key + 1] += starts[key];
        }

        int[] next = [.. starts], passes = new int[starts[^1]];
        ForEachUse(trace, (key, pass) => passes[next[key]++] = pass, cancellationToken);
        return new TraceFuture(starts, passes);
    }

    private static void ForEachUse(ActivationTrace trace, Action<int, int> use, CancellationToken cancellationToken)
    {
        ExpertGrid grid = trace.Info.Grid;
        TraceReader reader = trace.CreateReader();
        bool[] isUsed = new bool[grid.Count];
        for (int pass = 0; pass < trace.Passes.Count; pass++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(isUsed);
            ReadOnlySpan<int> experts = reader.ReadExperts(pass);
            for (int i = 0; i < experts.Length; i++)
            {
                int key = grid.KeyOf(i / grid.TopK % grid.NumLayers, experts[i]);
                if (experts[i] != Routing.Dropped && !isUsed[key])
                {
                    isUsed[key] = true;
                    use(key, pass);
                }
            }
        }
    }
}
