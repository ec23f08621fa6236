namespace MoeGen.Experts.Prefetch;

/// <summary>
/// What is expected of one layer by one token or several: of all tokens' predictions the largest probability, and every expert that any of
/// them selects. Allocates nothing; for one thread.
/// </summary>
/// <remarks>Source: how FineMoE's code merges the rows of a batch (arXiv 2502.05370).</remarks>
internal sealed class LayerPrediction
{
    private readonly float[] _probabilities; // [experts] largest of all tokens
    private readonly float[] _expected; // [experts] the same, raised to what is expected anyway
    private readonly bool[] _isSelected; // [experts]
    private readonly ExpertSelection _ranking;

    /// <summary>Creates an empty prediction.</summary>
    /// <param name="numExperts">Experts of a layer.</param>
    public LayerPrediction(int numExperts)
    {
        _probabilities = new float[numExperts];
        _expected = new float[numExperts];
        _isSelected = new bool[numExperts];
        _ranking = new ExpertSelection(numExperts);
    }

    /// <summary>Whether nothing has been merged since the last <see cref="Clear"/>.</summary>
    public bool IsEmpty { get; private set; } = true;

    public void Clear()
    {
        Array.Clear(_probabilities);
        Array.Clear(_isSelected);
        IsEmpty = true;
    }

    /// <summary>Adds what is expected of one token.</summary>
    /// <param name="probabilities">[experts] f32, not negative.</param>
    /// <param name="selected">Experts to load ahead for it.</param>
    public void Merge(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> selected)
    {
        for (int expert = 0; expert < _probabilities.Length; expert++)
        {
            _probabilities[expert] = Math.Max(_probabilities[expert], probabilities[expert]);
        }

        foreach (int expert in selected)
        {
            _isSelected[expert] = true;
        }

        IsEmpty = false;
    }

    /// <summary>What was merged, nowhere below what is expected anyway.</summary>
    /// <param name="floor">[experts] f32; empty: nothing.</param>
    /// <returns>[experts], valid until the next call.</returns>
    public ReadOnlySpan<float> AtLeast(ReadOnlySpan<float> floor)
    {
        for (int expert = 0; expert < _expected.Length; expert++)
        {
            _expected[expert] = floor.IsEmpty ? _probabilities[expert] : Math.Max(_probabilities[expert], floor[expert]);
        }

        return _expected;
    }

    /// <summary>Asks for the selected experts, the most probable first.</summary>
    /// <param name="layer">0-based sparse layer.</param>
    /// <param name="minProbability">What is less probable is not asked for.</param>
    /// <param name="predictions">Takes it.</param>
    public void Prefetch(int layer, float minProbability, IPredictions predictions)
    {
        foreach (int expert in _ranking.Rank(_probabilities))
        {
            if (_isSelected[expert] && _probabilities[expert] >= minProbability)
            {
                predictions.Prefetch(layer, expert, _probabilities[expert]);
            }
        }
    }
}
