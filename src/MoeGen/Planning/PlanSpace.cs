using MoeGen.Experts;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Planning;

/// <summary>What a plan may choose from: Virtual Experts of every layer within a number of slots for all of them.</summary>
internal sealed record PlanSpace
{
    private readonly ExpertGrid _grid;

    /// <summary>Describes the space.</summary>
    /// <param name="grid">Experts of the model.</param>
    /// <param name="maxTotal">Most Virtual Experts of all layers together, at least one for each layer.</param>
    public PlanSpace(ExpertGrid grid, int maxTotal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTotal, grid.NumLayers);
        _grid = grid;
        MaxPerLayer = grid.NumExperts;
        MaxTotal = Math.Min(maxTotal, grid.Count);
        CoversTopK = MaxTotal >= grid.NumLayers * grid.TopK;
        MinPerLayer = CoversTopK ? grid.TopK : 1;
    }

    /// <summary>Sparse layers.</summary>
    public int NumLayers => _grid.NumLayers;

    /// <summary>Virtual Experts that every layer gets: as many as a token chooses or, where the slots do not suffice for that, one.</summary>
    public int MinPerLayer { get; }

    /// <summary>Experts of a layer.</summary>
    public int MaxPerLayer { get; }

    /// <summary>Most Virtual Experts of all layers together.</summary>
    public int MaxTotal { get; }

    /// <summary>Whether every layer can hold as many experts as a token chooses.</summary>
    public bool CoversTopK { get; }

    /// <summary>Whether a plan keeps all bounds.</summary>
    /// <param name="experts">Virtual Experts of each layer, [NumLayers].</param>
    public bool Contains(ReadOnlySpan<int> experts)
    {
        int total = 0;
        foreach (int count in experts)
        {
            if (count < MinPerLayer || count > MaxPerLayer)
            {
                return false;
            }

            total += count;
        }

        return experts.Length == NumLayers && total <= MaxTotal;
    }

    /// <summary>The same for all layers, as SwapMoE shares slots without a plan.</summary>
    /// <returns>Virtual Experts of each layer, [NumLayers].</returns>
    public int[] Even() => VirtualExpertShares.Of(_grid, MaxTotal, weights: null);

    /// <summary>Draws a plan: how much of the space it uses, and how unevenly, are drawn too, so that plans of all kinds come up.</summary>
    /// <param name="random">Where chance comes from.</param>
    /// <param name="minTotal">Fewest Virtual Experts of all layers together.</param>
    public int[] Draw(Random random, int minTotal)
    {
        int[] experts = new int[NumLayers];
        Array.Fill(experts, MinPerLayer);
        int floor = Math.Clamp(minTotal, NumLayers * MinPerLayer, MaxTotal);
        int rest = random.Next(floor, MaxTotal + 1) - (NumLayers * MinPerLayer);

        // weights of layers: a power from 0 (all alike) to 2 (few layers get most)
        double power = 2 * random.NextDouble();
        double[] weights = new double[NumLayers];
        for (int layer = 0; layer < NumLayers; layer++)
        {
            weights[layer] = Math.Pow(random.NextDouble(), power);
        }

        for (; rest > 0; rest--)
        {
            experts[DrawLayer(random, weights, experts)]++;
        }

        return experts;
    }

    private int DrawLayer(Random random, double[] weights, int[] experts)
    {
        double all = 0;
        for (int layer = 0; layer < NumLayers; layer++)
        {
            all += experts[layer] < MaxPerLayer ? weights[layer] : 0;
        }

        double point = random.NextDouble() * all;
        int last = -1;
        for (int layer = 0; layer < NumLayers; layer++)
        {
            if (experts[layer] < MaxPerLayer)
            {
                last = layer;
                point -= weights[layer];
                if (point < 0)
                {
                    break;
                }
            }
        }

        return last;
    }
}
