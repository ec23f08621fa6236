using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public unsafe class SoftmaxSummaryTests
{
    [Fact]
    public void Probabilities_ByHand()
    {
        // exp: 1, 2, 1, 4 of 8; entropy 2 * 1/8 ln 8 + 1/4 ln 4 + 1/2 ln 2 = (3/4 + 1/2 + 1/2) ln 2
        SoftmaxSummary summary = SoftmaxSummary.Of([0, MathF.Log(2), 0, MathF.Log(4)]);
        Close.Assert(0.5, summary.Largest, "largest");
        Close.Assert(0.25, summary.Second, "second");
        Close.Assert(1.75 * Math.Log(2), summary.Entropy, "entropy");
    }

    [Theory]
    [InlineData(1, 1, 0, 0)]
    [InlineData(2, 0.5, 0.5, 0.6931472)]
    [InlineData(100, 0.01, 0.01, 4.6051702)]
    public void EqualLogits_AreEquallyProbable(int length, double largest, double second, double entropy)
    {
        float[] logits = new float[length];
        Array.Fill(logits, -700);
        SoftmaxSummary summary = SoftmaxSummary.Of(logits);
        Close.Assert(largest, summary.Largest, "largest");
        Close.Assert(second, summary.Second, "second");
        Close.Assert(entropy, summary.Entropy, "entropy");
    }

    [Fact]
    public void EveryLengthAndWidth_IsTheSoftmaxInDoublePrecision()
    {
        Random random = new(1);
        for (int length = 1; length <= 256; length++)
        {
            float[] logits = [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() - 0.5f) * 30)];
            fixed (float* x = logits)
            {
                AssertIs(logits, SoftmaxSummary.Of<Simd128, Vector128<float>>(x, length), $"128 bits, {length}");
                AssertIs(logits, SoftmaxSummary.Of<Simd256, Vector256<float>>(x, length), $"256 bits, {length}");
                AssertIs(logits, SoftmaxSummary.Of<Simd512, Vector512<float>>(x, length), $"512 bits, {length}");
            }
        }
    }

    [Fact]
    public void WholeVocabulary_LosesNothing()
    {
        // a sum of 151,936 small terms beside a large one, as of a model that is nearly sure
        Random random = new(2);
        float[] logits = [.. Enumerable.Range(0, 151_936).Select(_ => random.NextSingle())];
        logits[77_777] = 12;
        AssertIs(logits, SoftmaxSummary.Of(logits), "vocabulary");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void LogitsThatAreNotFinite_GiveNoProbability(float value)
    {
        foreach (int place in new[] { 0, 7, 19 })
        {
            float[] logits = new float[20];
            logits[place] = value;
            Assert.False(SoftmaxSummary.Of(logits).Largest >= 0);
        }
    }

    private static void AssertIs(float[] logits, SoftmaxSummary actual, string what)
    {
        double max = logits.Max();
        double[] exponentials = [.. logits.Select(x => Math.Exp(x - max))];
        double sum = exponentials.Sum();
        double[] sorted = [.. exponentials.Select(e => e / sum).OrderDescending()];
        Close.Assert(sorted[0], actual.Largest, what + ", largest");
        Close.Assert(sorted.Length > 1 ? sorted[1] : 0, actual.Second, what + ", second");
        Close.Assert(-sorted.Sum(p => p == 0 ? 0 : p * Math.Log(p)), actual.Entropy, what + ", entropy");
    }
}
