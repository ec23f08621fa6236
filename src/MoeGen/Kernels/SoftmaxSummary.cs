using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>What the softmax of many logits looks like, without writing it down.</summary>
/// <param name="Largest">The largest probability.</param>
/// <param name="Second">The second largest; 0 where there is one logit alone.</param>
/// <param name="Entropy"><c>-sum p ln p</c>, 0 to ln of the number of logits.</param>
/// <remarks>With the largest logit m: <c>s = sum exp(x - m)</c>, <c>Largest = 1 / s</c>, <c>Entropy = ln s - sum exp(x - m) (x - m) / s</c>.</remarks>
internal readonly unsafe record struct SoftmaxSummary(float Largest, float Second, float Entropy)
{
    // float32 sums of so many elements lose nothing that counts; they are added in double
    private const int BlockLength = 4096;

    /// <summary>Summarises, with the widest vectors of this processor; allocates nothing.</summary>
    /// <param name="logits">At least one, f32. Where one is not a finite number, neither are the results.</param>
    public static SoftmaxSummary Of(ReadOnlySpan<float> logits)
    {
        fixed (float* x = logits)
        {
            return Vector512.IsHardwareAccelerated ? Of<Simd512, Vector512<float>>(x, logits.Length)
                : Vector256.IsHardwareAccelerated ? Of<Simd256, Vector256<float>>(x, logits.Length)
                : Of<Simd128, Vector128<float>>(x, logits.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static SoftmaxSummary Of<TSimd, TVector>(float* x, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        (float largest, float second) = FindLargest<TSimd, TVector>(x, length);
        double sum = 0, weighted = 0;
        for (int start = 0; start < length; start += BlockLength)
        {
            (float blockSum, float blockWeighted) = SumBlock<TSimd, TVector>(x + start, Math.Min(BlockLength, length - start), largest);
            sum += blockSum;
            weighted += blockWeighted;
        }

        return new SoftmaxSummary((float)(1 / sum), (float)(Math.Exp(second - largest) / sum), (float)(Math.Log(sum) - (weighted / sum)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (float Largest, float Second) FindLargest<TSimd, TVector>(float* x, int length)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        // the two largest of each lane; the smaller of what was the largest and what is new may be the second
        TVector largestLanes = TSimd.Broadcast(float.NegativeInfinity), secondLanes = largestLanes;
        int vectorEnd = length - (length % TSimd.Width);
        for (int i = 0; i < vectorEnd; i += TSimd.Width)
        {
            TVector v = TSimd.Load(x + i);
            secondLanes = TSimd.Max(secondLanes, TSimd.Min(largestLanes, v));
            largestLanes = TSimd.Max(largestLanes, v);
        }

        float* lanes = stackalloc float[2 * TSimd.Width];
        TSimd.Store(lanes, largestLanes);
        TSimd.Store(lanes + TSimd.Width, secondLanes);
        float largest = float.NegativeInfinity, second = float.NegativeInfinity;
        AddAll(lanes, 2 * TSimd.Width, ref largest, ref second);
        AddAll(x + vectorEnd, length - vectorEnd, ref largest, ref second);
        return (largest, second);
    }

    private static void AddAll(float* x, int length, ref float largest, ref float second)
    {
        for (int i = 0; i < length; i++)
        {
            second = Math.Max(second, Math.Min(largest, x[i]));
            largest = Math.Max(largest, x[i]);
        }
    }

    // sum of e = exp(x - m), and of e (x - m)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (float Sum, float Weighted) SumBlock<TSimd, TVector>(float* x, int length, float largest)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector sums = TSimd.Zero, weightedSums = TSimd.Zero, shift = TSimd.Broadcast(-largest);
        int vectorEnd = length - (length % TSimd.Width);
        for (int i = 0; i < vectorEnd; i += TSimd.Width)
        {
            TVector below = TSimd.Add(TSimd.Load(x + i), shift);
            TVector exponential = TSimd.Exp(below);
            sums = TSimd.Add(sums, exponential);
            weightedSums = TSimd.MultiplyAdd(exponential, below, weightedSums);
        }

        float sum = HorizontalSum.Of<TSimd, TVector>(sums), weighted = HorizontalSum.Of<TSimd, TVector>(weightedSums);
        for (int i = vectorEnd; i < length; i++)
        {
            float below = x[i] - largest, exponential = MathF.Exp(below);
            sum += exponential;
            weighted += exponential * below;
        }

        return (sum, weighted);
    }
}
