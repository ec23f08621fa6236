using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Selection;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Kernels;

namespace MoeGen.Planning;

/// <summary>
/// Ranks the experts of each layer by what they contribute to some texts under the exact model: the best Virtual Experts to begin with.
/// </summary>
internal sealed class ExpertRanking : IRoutingObserver
{
    private readonly ExpertGrid _grid;
    private readonly ExpertImportance _importance;

    /// <summary>Begins to watch.</summary>
    /// <param name="grid">Experts of the model.</param>
    /// <param name="norms">Their norms, [keys].</param>
    public ExpertRanking(ExpertGrid grid, ReadOnlySpan<float> norms)
    {
        _grid = grid;
        _importance = new ExpertImportance(grid, ImportanceScore.Contribution, decay: 0);
        _importance.SetNorms(norms);
    }

    /// <inheritdoc/>
    public void OnRouted(int layer, Activations normed, ForwardPass pass) =>
        _importance.Add(new SelectedLayer(pass.Experts.SparseLayerOf(layer), pass.Routing, normed, pass.NumTokens));

    /// <summary>The experts of each layer, the most important first, [layers][experts].</summary>
    public int[][] Rank()
    {
        _importance.Update();
        return [.. Enumerable.Range(0, _grid.NumLayers).Select(RankLayer)];
    }

    private int[] RankLayer(int layer)
    {
        int[] experts = [.. Enumerable.Range(0, _grid.NumExperts)];
        Array.Sort(experts, (a, b) => a == b ? 0 : _importance.IsAbove(_grid.KeyOf(layer, a), _grid.KeyOf(layer, b)) ? -1 : 1);
        return experts;
    }
}
