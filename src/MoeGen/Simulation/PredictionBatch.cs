using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Experts.Prefetch;

namespace MoeGen.Simulation;

/// <summary>What a prefetcher made of one message, on its way until the time that it takes has passed.</summary>
/// <param name="pass">The pass that it was told of.</param>
internal sealed class PredictionBatch(long pass) : IPredictions
{
    private readonly List<(int Layer, int Expert, float Probability)> _prefetches = [];
    private readonly List<(int Layer, float[] Probabilities)> _expectations = [];

    /// <summary>When it is known.</summary>
    public long ReadyNs { get; set; }

    /// <inheritdoc/>
    public void Expect(int layer, ReadOnlySpan<float> probabilities) => _expectations.Add((layer, probabilities.ToArray()));

    /// <inheritdoc/>
    public void Prefetch(int layer, int expert, float probability) => _prefetches.Add((layer, expert, probability));

    /// <summary>Tells a scheduler.</summary>
    /// <param name="scheduler">The scheduler.</param>
    /// <param name="grid">All experts.</param>
    /// <param name="isOwned">Whether a key belongs to the scheduler's device.</param>
    public void ApplyTo(ExpertScheduler scheduler, ExpertGrid grid, Func<int, bool> isOwned)
    {
        foreach ((int layer, float[] probabilities) in _expectations)
        {
            probabilities.CopyTo(scheduler.Usage.Probability.AsSpan(grid.KeyOf(layer, 0)));
        }

        foreach ((int layer, int expert, float probability) in _prefetches)
        {
            if (isOwned(grid.KeyOf(layer, expert)))
            {
                _ = scheduler.Prefetch(pass, grid.KeyOf(layer, expert), probability);
            }
        }
    }
}
