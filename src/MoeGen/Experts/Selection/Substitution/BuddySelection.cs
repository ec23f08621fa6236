using MoeGen.Engine;

namespace MoeGen.Experts.Selection.Substitution;

/// <summary>
/// Lets a resident expert stand in for one that is not in memory, where the token's router sees little difference between the two; where it
/// does, the missing expert is read as ever, so that the cache goes on following the text.
/// </summary>
/// <remarks>
/// The stand-in takes over the weight. A token's least important choices are substituted first, none gets an expert twice. Source: BuddyMoE
/// (arXiv 2511.10054); ranking by the router's own scores is that of DAOP (arXiv 2501.10375).
/// </remarks>
public sealed class BuddySelection : ISelection
{
    private readonly BuddyOptions _options;
    private readonly ExpertGrid _grid;
    private readonly IResidency _residency;
    private readonly int[] _together; // [layers, experts, experts] tokens that chose both; empty: nobody asks
    private readonly bool[] _isResident; // [experts] of the layer that is chosen for
    private readonly ActiveRows _active; // for which stand-ins may run

    /// <summary>Creates the selection.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="options">Choices; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option makes no sense.</exception>
    public BuddySelection(SelectionSetup setup, BuddyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(setup);
        _options = options ?? new BuddyOptions();
        _options.Validate();
        _grid = setup.Grid;
        _residency = setup.Residency;
        _isResident = new bool[_grid.NumExperts];
        _active = new ActiveRows(_options.AppliesToPrompts);
        _together = _options.Ranking == BuddyRanking.CoActivation ? new int[_grid.Count * _grid.NumExperts] : [];
    }

    /// <inheritdoc/>
    public string Name => "buddy";

    /// <inheritdoc/>
    public int NumChosenOf(int token) => _grid.TopK;

    /// <inheritdoc/>
    public ReadOnlySpan<bool> Competing(int layer) => default;

    /// <inheritdoc/>
    public void OnPassStart(in SelectionPass start) => _active.Start(start);

    /// <inheritdoc/>
    public void Revise(int layer, Routing routing, int numTokens)
    {
        ArgumentNullException.ThrowIfNull(routing);
        if (_active.Count == 0)
        {
            return;
        }

        for (int expert = 0; expert < _grid.NumExperts; expert++)
        {
            _isResident[expert] = _residency.IsResident(layer, expert);
        }

        if (!_isResident.AsSpan().Contains(false) || MissingShare(routing, numTokens) > _options.MaxMissingShare)
        {
            return;
        }

        for (int token = 0; token < numTokens; token++)
        {
            if (_active.Contains(token) && Entropy(routing.TopKWeights(token)) > _options.MinEntropy)
            {
                Substitute(layer, routing.Logits[token], routing.TopKIds(token));
            }
        }
    }

    /// <inheritdoc/>
    public void OnRouted(in SelectedLayer layer)
    {
        if (_together.Length == 0)
        {
            return;
        }

        for (int token = 0; token < layer.NumTokens; token++)
        {
            Span<int> ids = layer.Routing.RouterIds(token);
            foreach (int a in ids)
            {
                foreach (int b in ids)
                {
                    if (a != b && a >= 0 && b >= 0)
                    {
                        _together[TogetherIndex(layer.Layer, a, b)]++;
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    public bool OnPassEnd(in Segment segment, ReadOnlySpan<float> logits) => false;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Entropy of weights with sum 1, divided by that of equal ones; 0 for fewer than two.</summary>
    internal static float Entropy(ReadOnlySpan<float> weights)
    {
        float sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }

        float entropy = 0;
        foreach (float weight in weights)
        {
            float share = weight / sum;
            entropy -= share > 0 ? share * MathF.Log(share) : 0;
        }

        return weights.Length < 2 ? 0 : entropy / MathF.Log(weights.Length);
    }

    private float MissingShare(Routing routing, int numTokens)
    {
        int missing = 0, wanted = 0;
        for (int token = 0; token < numTokens; token++)
        {
            if (!_active.Contains(token))
            {
                continue;
            }

            foreach (int expert in routing.TopKIds(token))
            {
                wanted += expert >= 0 ? 1 : 0;
                missing += expert >= 0 && !_isResident[expert] ? 1 : 0;
            }
        }

        return wanted == 0 ? 0 : missing / (float)wanted;
    }

    private void Substitute(int layer, ReadOnlySpan<float> logits, Span<int> ids)
    {
        (float least, float most) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float logit in logits)
        {
            (least, most) = (Math.Min(least, logit), Math.Max(most, logit));
        }

        float maxGap = _options.MaxGap * (most - least);
        for (int k = ids.Length - 1; k >= 0; k--)
        {
            if (ids[k] >= 0 && !_isResident[ids[k]])
            {
                int buddy = FindBuddy(layer, ids[k], logits, ids, logits[ids[k]] - maxGap);
                ids[k] = buddy < 0 ? ids[k] : buddy;
            }
        }
    }

    // the best resident expert that the token does not have and whose score is high enough; -1: none
    private int FindBuddy(int layer, int missing, ReadOnlySpan<float> logits, ReadOnlySpan<int> ids, float leastLogit)
    {
        int best = -1;
        float largest = float.NegativeInfinity;
        for (int expert = 0; expert < logits.Length; expert++)
        {
            if (_isResident[expert] && logits[expert] >= leastLogit && !ids.Contains(expert))
            {
                float rank = _together.Length == 0 ? logits[expert] : _together[TogetherIndex(layer, missing, expert)];
                if (rank > largest)
                {
                    (best, largest) = (expert, rank);
                }
            }
        }

        return best;
    }

    private int TogetherIndex(int layer, int a, int b) => (_grid.KeyOf(layer, a) * _grid.NumExperts) + b;
}
