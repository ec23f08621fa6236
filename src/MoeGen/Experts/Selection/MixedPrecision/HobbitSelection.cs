using MoeGen.Engine;

namespace MoeGen.Experts.Selection.MixedPrecision;

/// <summary>
/// Says for which experts of a token the twin will do: those of its smaller weights, before which the others have most of the weight.
/// </summary>
/// <remarks>
/// Choices are sorted by weight; <c>s</c> is the weight before one, as a share of all. Up to T1 it runs exactly, beyond its twin will do.
/// An expert that several tokens have chosen runs as the strictest of them wants it. Source: HOBBIT (arXiv 2411.01433), token level.
/// </remarks>
public sealed class HobbitSelection : ISelection
{
    private readonly HobbitOptions _options;
    private readonly ExpertGrid _grid;
    private readonly IResidency _residency;
    private readonly bool[] _takesTwin; // [experts] of the layer that was chosen for last
    private readonly ActiveRows _active; // for which twins will do

    /// <summary>Creates the selection.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="options">Choices; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option makes no sense.</exception>
    public HobbitSelection(SelectionSetup setup, HobbitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(setup);
        _options = options ?? new HobbitOptions();
        _options.Validate();
        _grid = setup.Grid;
        _residency = setup.Residency;
        _takesTwin = new bool[_grid.NumExperts];
        _active = new ActiveRows(_options.AppliesToPrompts);
    }

    /// <inheritdoc/>
    public string Name => "hobbit";

    /// <inheritdoc/>
    public int NumChosenOf(int token) => _grid.TopK;

    /// <inheritdoc/>
    public ReadOnlySpan<bool> Competing(int layer) => default;

    /// <inheritdoc/>
    public ReadOnlySpan<bool> TakesTwin(int layer) => _takesTwin;

    /// <inheritdoc/>
    public void OnPassStart(in SelectionPass start) => _active.Start(start);

    /// <inheritdoc/>
    public void Revise(int layer, Routing routing, int numTokens)
    {
        ArgumentNullException.ThrowIfNull(routing);
        _takesTwin.AsSpan().Fill(_active.Count > 0);
        for (int token = 0; token < numTokens && _active.Count > 0; token++)
        {
            Span<int> ids = routing.TopKIds(token);
            ReadOnlySpan<float> weights = routing.TopKWeights(token);
            for (int k = 0; k < ids.Length; k++)
            {
                if (ids[k] < 0)
                {
                    continue;
                }

                float before = WeightBefore(weights, k);
                if (!_active.Contains(token) || before <= _options.MaxWeightBefore)
                {
                    _takesTwin[ids[k]] = false;
                }
                else if (_options.SkipsOthers && before > _options.MaxTwinWeightBefore && !_residency.IsResident(layer, ids[k]))
                {
                    ids[k] = Routing.Dropped;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void OnRouted(in SelectedLayer layer)
    {
    }

    /// <inheritdoc/>
    public bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits) => false;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>
    /// Weight of the choices that are worth more than one of them, or as much and before it, as a share of all, 0 to 1; not all routers
    /// give weights in falling order.
    /// </summary>
    internal static float WeightBefore(ReadOnlySpan<float> weights, int index)
    {
        float before = 0, rest = 0;
        for (int k = 0; k < weights.Length; k++)
        {
            bool isBefore = weights[k] > weights[index] || (weights[k] == weights[index] && k < index);
            before += isBefore ? weights[k] : 0;
            rest += isBefore ? 0 : weights[k];
        }

        return before == 0 ? 0 : before / (before + rest);
    }
}
