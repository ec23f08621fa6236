using System.Collections;
using MoeGen.Engine;
using MoeGen.Experts.Cache;
using MoeGen.Kernels;

namespace MoeGen.Experts;

/// <summary>The routed experts of one sparse layer.</summary>
/// <typeparam name="TExpert">The generated view of an expert.</typeparam>
/// <typeparam name="TUp">Shape of up_proj, and of gate_proj.</typeparam>
/// <typeparam name="TDown">Shape of down_proj.</typeparam>
/// <typeparam name="TFormat">Format of the matrices.</typeparam>
public sealed class ExpertList<TExpert, TUp, TDown, TFormat> : IReadOnlyList<TExpert>
    where TExpert : struct, IExpert<TExpert, TUp, TDown, TFormat>
    where TUp : struct, IMatrixShape
    where TDown : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    private readonly ExpertCache _cache;
    private readonly int _layer;

    internal ExpertList(ExpertCache cache, int layer)
    {
        _cache = cache;
        _layer = layer;
    }

    /// <summary>Experts of the layer.</summary>
    public int Count => _cache.Grid.NumExperts;

    /// <summary>One expert, for people who look into a model.</summary>
    /// <param name="expert">0-based number.</param>
    /// <returns>
    /// A view of the expert's slot. In a model that does not hold all of its experts the slot may be given to another one by the next token.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">No such expert.</exception>
    /// <exception cref="InvalidOperationException">The expert is not in memory; see <see cref="IsResident"/>.</exception>
    public TExpert this[int expert]
    {
        get
        {
            Check(expert);
            return _cache.TryFind(_layer, expert, out ExpertSlot slot)
                ? TExpert.At(slot)
                : throw new InvalidOperationException(
                    $"Expert {expert} of layer {_layer} is not in memory; expected one that is, or a memory budget that holds all of them.");
        }
    }

    /// <summary>Whether an expert is in memory.</summary>
    /// <param name="expert">0-based number.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such expert.</exception>
    public bool IsResident(int expert)
    {
        Check(expert);
        return _cache.TryFind(_layer, expert, out _);
    }

    /// <summary>
    /// Goes on to the next experts of the running layer. The first wave are those that were in memory when the layer was routed; each further
    /// one those that have arrived meanwhile. Every worker calls it when it has computed its part of a wave.
    /// </summary>
    /// <param name="pass">The running pass.</param>
    /// <param name="worker">The calling worker.</param>
    /// <returns>Whether there is another wave.</returns>
    /// <exception cref="ExpertReadException">An expert cannot be read.</exception>
    public bool NextWave(ForwardPass pass, Worker worker)
    {
        ArgumentNullException.ThrowIfNull(pass);
        if (_cache.Wave.IsLast)
        {
            return false;
        }

        // all workers have computed the wave, worker 0 waits for the next one, all workers see it
        worker.Sync();
        if (worker.Index == 0)
        {
            _cache.NextWave(pass.CancellationToken);
        }

        worker.Sync();
        return true;
    }

    /// <inheritdoc/>
    public IEnumerator<TExpert> GetEnumerator()
    {
        for (int expert = 0; expert < Count; expert++)
        {
            yield return this[expert];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The experts of the current wave, with the tokens that chose them.</summary>
    internal ChosenExperts InWave(Routing routing) => new(_cache, routing);

    private void Check(int expert)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expert);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(expert, Count);
    }
}
