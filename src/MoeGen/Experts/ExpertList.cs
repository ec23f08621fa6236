using System.Collections;
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
    private readonly ExpertPool _pool;
    private readonly int _layer;

    internal ExpertList(ExpertPool pool, int layer)
    {
        _pool = pool;
        _layer = layer;
    }

    /// <summary>Experts of the layer.</summary>
    public int Count => _pool.NumExperts;

    /// <summary>One expert.</summary>
    /// <param name="expert">0-based number.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such expert.</exception>
    public TExpert this[int expert]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(expert);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(expert, Count);
            return TExpert.At(_pool.Slot(_layer, expert));
        }
    }

    /// <summary>Where an expert lies; not checked.</summary>
    internal ExpertSlot Slot(int expert) => _pool.Slot(_layer, expert);

    /// <inheritdoc/>
    public IEnumerator<TExpert> GetEnumerator()
    {
        for (int expert = 0; expert < Count; expert++)
        {
            yield return this[expert];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
