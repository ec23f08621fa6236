using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>What tokens of several passes choose among OLMoE's experts: by lot, every expert as probable as any other.</summary>
internal sealed class RandomChoices : IDisposable
{
    private const int NumPasses = 16;

    private readonly Routing[] _routings; // [NumPasses]

    public RandomChoices(int numTokens)
    {
        Random random = new(3);
        int[] experts = [.. Enumerable.Range(0, Olmoe.NumExperts)];
        using WorkerTeam team = new(1);
        _routings = new Routing[NumPasses];
        int numChosen = 0;
        for (int pass = 0; pass < NumPasses; pass++)
        {
            Routing routing = new(Olmoe.NumExperts, Olmoe.TopK, numTokens);
            _routings[pass] = routing;
            for (int token = 0; token < numTokens; token++)
            {
                random.Shuffle(experts);
                experts.AsSpan(0, Olmoe.TopK).CopyTo(routing.TopKIds(token));
                routing.TopKWeights(token).Fill(1f / Olmoe.TopK);
            }

            team.Run(worker => routing.GroupByExpert(numTokens, worker));
            numChosen += experts.Count(routing.IsChosen);
        }

        MeanExperts = numChosen / (double)NumPasses;
    }

    /// <summary>Experts that some token of a pass chose, mean of the passes.</summary>
    public double MeanExperts { get; }

    /// <summary>Choices of a pass, grouped by expert.</summary>
    /// <param name="pass">Any number; passes take turns.</param>
    public Routing this[int pass] => _routings[pass % NumPasses];

    public void Dispose() => Array.ForEach(_routings, routing => routing.Dispose());
}
