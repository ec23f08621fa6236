using System.Runtime.CompilerServices;

namespace MoeGen.Kernels;

/// <summary>
/// How far the softmax of a row has come whose scores arrive in blocks: weights are those under the highest score so far, and what was
/// summed with them before shrinks when a higher one comes (online softmax, arXiv 1805.02867).
/// </summary>
internal unsafe struct OnlineSoftmax
{
    private float _maximum; // highest score so far

    /// <summary>The softmax of no scores.</summary>
    public static OnlineSoftmax Empty => new() { _maximum = float.NegativeInfinity };

    /// <summary>Sum of <c>exp(score - maximum)</c>; what has been summed with the weights is divided by it in the end.</summary>
    public float Sum { get; private set; }

    /// <summary>Factor from the maximum before the last block to the one behind it, for what was summed before.</summary>
    public float Shrink { get; private set; }

    /// <summary>The softmax of a score that has no value.</summary>
    public static OnlineSoftmax OfSink(float score) => new() { _maximum = score, Sum = 1 };

    /// <summary>A block has no score.</summary>
    public void SkipBlock() => Shrink = 1;

    /// <summary>Turns the scores of a block into weights.</summary>
    /// <param name="scores">Scores, negative infinity where there is none but not everywhere; receives the weights.</param>
    /// <param name="length">Scores, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Weigh<TSimd, TVector>(float* scores, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector largest = TSimd.Load(scores);
        for (int i = TSimd.Width; i < length; i += TSimd.Width)
        {
            largest = TSimd.Max(largest, TSimd.Load(scores + i));
        }

        float maximum = Math.Max(_maximum, TSimd.Largest(largest));
        Shrink = MathF.Exp(_maximum - maximum);
        _maximum = maximum;
        TVector sum = TSimd.Zero, shift = TSimd.Broadcast(-maximum);
        for (int i = 0; i < length; i += TSimd.Width)
        {
            TVector weight = TSimd.Exp(TSimd.Add(TSimd.Load(scores + i), shift));
            TSimd.Store(scores + i, weight);
            sum = TSimd.Add(sum, weight);
        }

        Sum = (Sum * Shrink) + HorizontalSum.Of<TSimd, TVector>(sum);
    }
}
