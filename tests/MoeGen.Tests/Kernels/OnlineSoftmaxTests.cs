using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public unsafe class OnlineSoftmaxTests
{
    [Fact]
    public void ScoresInTwoBlocks_ByHand()
    {
        // 16 times exp(0) under the maximum 0; then 15 times exp(-ln 2) and one exp(0) under ln 2, and what was summed before shrinks to half
        float[] scores = new float[32];
        scores[20] = MathF.Log(2);
        using NativeFloats weights = new(scores);
        OnlineSoftmax softmax = OnlineSoftmax.Empty;
        softmax.Weigh<Simd128, Vector128<float>>(weights.Pointer, 16);
        Assert.Equal(0, softmax.Shrink);
        Close.Assert(16, softmax.Sum, "sum");
        softmax.Weigh<Simd128, Vector128<float>>(weights.Pointer + 16, 16);
        Close.Assert(0.5, softmax.Shrink, "shrink");
        Close.Assert(8 + 7.5 + 1, softmax.Sum, "sum");
        Close.Assert(1, weights.Span[20], "largest weight");
        Close.Assert(0.5, weights.Span[21], "weight");
        softmax.SkipBlock();
        Assert.Equal(1, softmax.Shrink);
        Close.Assert(16.5, softmax.Sum, "sum");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-3f)]
    [InlineData(2.5f)]
    public void BlocksOfAnyLength_GiveTheSoftmaxOfAllScores(float? sink)
    {
        CheckWidth<Simd128, Vector128<float>>(sink);
        CheckWidth<Simd256, Vector256<float>>(sink);
        CheckWidth<Simd512, Vector512<float>>(sink);
    }

    private static void CheckWidth<TSimd, TVector>(float? sink)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        Random random = new(1);
        float[] scores = TestRandom.Floats(random, 64), values = TestRandom.Floats(random, 64);
        (scores[0], scores[37]) = (float.NegativeInfinity, float.NegativeInfinity);
        double expected = scores.Zip(values, (score, value) => Math.Exp(score) * value).Sum()
            / (scores.Sum(score => Math.Exp(score)) + (sink is null ? 0 : Math.Exp(sink.Value)));
        foreach (int length in new[] { 16, 32, 64 })
        {
            using NativeFloats weights = new(scores);
            OnlineSoftmax softmax = sink is { } known ? OnlineSoftmax.OfSink(known) : OnlineSoftmax.Empty;
            double sum = 0;
            for (int first = 0; first < scores.Length; first += length)
            {
                softmax.Weigh<TSimd, TVector>(weights.Pointer + first, length);
                sum *= softmax.Shrink;
                for (int i = first; i < first + length; i++)
                {
                    sum += (double)weights.Span[i] * values[i];
                }
            }

            Close.Assert(expected, (float)(sum / softmax.Sum), $"{typeof(TSimd).Name}, blocks of {length}");
        }
    }
}
