using MoeGen.Kernels;

namespace MoeGen.Experts.Selection.VirtualExperts;

/// <summary>
/// How much every expert would contribute to what the model has computed lately, whether it ran or not: the sum over the tokens whose router
/// chose it of <c>|x| G(x) |E|</c>, that is norm of the router's input x weight of the choice x norm of the expert (SwapMoE, arXiv
/// 2308.15030, equation 1). The router's own choices count: an expert that may not run would otherwise never become important.
/// </summary>
/// <remarks>The paper leaves open what becomes of old sums; here a share of them stays with each update (<see cref="SwapOptions.Decay"/>).</remarks>
internal sealed class ExpertImportance(ExpertGrid grid, ImportanceScore score, double decay)
{
    // orders experts that nobody chooses; a hundred tokens of an old text weigh less than one of the new
    private const double OldTextShare = 1e-3;

    private readonly double[] _window = new double[grid.Count]; // [keys] since the last update
    private readonly double[] _values = new double[grid.Count]; // [keys] as of the last update
    private readonly float[] _norms = new float[grid.Count]; // [keys]

    /// <summary>Norms of the experts, [keys].</summary>
    public ReadOnlySpan<float> Norms => _norms;

    /// <summary>Sets the norms of the experts.</summary>
    public void SetNorms(ReadOnlySpan<float> norms) => norms.CopyTo(_norms);

    /// <summary>Importance of an expert as of the last update.</summary>
    public double Of(int key) => _values[key];

    /// <summary>Importance of an expert with what the window has added so far.</summary>
    public double Latest(int key) => (decay * _values[key]) + _window[key];

    /// <summary>Whether an expert is more important than another; among equals that with the larger norm, then that with the smaller key.</summary>
    public bool IsAbove(int key, int other)
    {
        if (_values[key] != _values[other])
        {
            return _values[key] > _values[other];
        }

        return _norms[key] != _norms[other] ? _norms[key] > _norms[other] : key < other;
    }

    /// <summary>
    /// A new text begins: what older ones have made important only orders the experts that the new one does not choose. An encoder's text
    /// says nothing of the decoder's layers.
    /// </summary>
    public void StartText()
    {
        for (int key = 0; key < _values.Length; key++)
        {
            _values[key] = OldTextShare * (_values[key] + _window[key]);
        }

        Array.Clear(_window);
    }

    /// <summary>Adds what a layer has routed.</summary>
    public void Add(in SelectedLayer routed)
    {
        for (int token = 0; token < routed.NumTokens; token++)
        {
            ReadOnlySpan<int> ids = routed.Routing.RouterIds(token);
            ReadOnlySpan<float> weights = routed.Routing.RouterWeights(token);
            double inputNorm = score == ImportanceScore.TokenCount ? 0 : Math.Sqrt(SumOfSquares.Of(routed.Inputs[token]));
            for (int k = 0; k < ids.Length; k++)
            {
                int key = grid.KeyOf(routed.Layer, ids[k]);
                _window[key] += score == ImportanceScore.TokenCount ? 1 : inputNorm * Math.Abs(weights[k]) * _norms[key];
            }
        }
    }

    /// <summary>A window has ended: old importance fades, the new one counts.</summary>
    public void Update()
    {
        for (int key = 0; key < _values.Length; key++)
        {
            _values[key] = (decay * _values[key]) + _window[key];
        }

        Array.Clear(_window);
    }
}
