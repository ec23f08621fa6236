using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public unsafe class RopeTests
{
    private readonly Random _random = new(9);

    [Fact]
    public void QuarterTurn_ByHand()
    {
        // at position 1 and a frequency of pi/2 (theta 1, all divided by 2/pi) every pair turns by a right angle: (a, b) becomes (-b, a)
        RopeFrequencies quarter = RopeFrequencies.Linear(4, 1, 2 / Math.PI);
        Close.Assert([-3, -4, 1, 2], Rotate(new Rope(quarter, isInterleaved: false), [1, 2, 3, 4], 1), "halves");
        Close.Assert([-2, 1, -4, 3], Rotate(new Rope(quarter, isInterleaved: true), [1, 2, 3, 4], 1), "neighbours");
    }

    [Fact]
    public void EveryDimensionAndWidth_AgreesWithTheScalarTwin()
    {
        for (int half = 0; half <= 128; half++)
        {
            foreach (bool isInterleaved in new[] { false, true })
            {
                float[] head = TestRandom.Floats(_random, 2 * half), rotation = TestRandom.Floats(_random, 2 * half);
                double[] expected = new double[2 * half];
                for (int i = 0; i < half; i++)
                {
                    (int a, int b) = isInterleaved ? (2 * i, (2 * i) + 1) : (i, half + i);
                    double cosine = rotation[a], sine = rotation[b];
                    expected[a] = (head[a] * cosine) - (head[b] * sine);
                    expected[b] = (head[b] * cosine) + (head[a] * sine);
                }

                Check<Simd128, Vector128<float>>(expected, head, rotation, isInterleaved);
                Check<Simd256, Vector256<float>>(expected, head, rotation, isInterleaved);
                Check<Simd512, Vector512<float>>(expected, head, rotation, isInterleaved);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PartOfAHead_IsRotatedByTheAngleOfItsPosition(bool isInterleaved)
    {
        // 3 tokens from position 5 on, 2 heads of 9, of which elements 2 to 7 turn; any number of workers
        const int NumTokens = 3, FirstPosition = 5, Heads = 2, HeadDim = 9, First = 2, Dim = 6;
        RopeFrequencies frequencies = RopeFrequencies.Yarn(Dim, 10000, 4, 64, 32, 1, 1.25, truncate: true);
        Rope rope = new(frequencies, isInterleaved);
        float[][] x = [.. Enumerable.Range(0, NumTokens).Select(_ => TestRandom.Floats(_random, Heads * HeadDim))];
        foreach (int workers in new[] { 1, 2, 5 })
        {
            using NativeFloats memory = NativeFloats.Rows(x, Heads * HeadDim, out Activations rows);
            using NativeFloats angles = NativeFloats.Rows([.. x.Select(_ => new float[Dim])], Dim, out Activations rotations);
            using WorkerTeam team = new(workers);
            team.Run(worker =>
            {
                rope.Prepare(rotations, FirstPosition, NumTokens, FirstPosition + NumTokens, worker);
                worker.Sync();
                rope.Rotate(rows, rotations, Heads, HeadDim, First, NumTokens, worker);
            });
            for (int t = 0; t < NumTokens; t++)
            {
                double[] expected = [.. x[t].Select(v => (double)v)];
                for (int i = 0; i < Heads * Dim / 2; i++)
                {
                    int start = (i / (Dim / 2) * HeadDim) + First, pair = i % (Dim / 2);
                    (int a, int b) = isInterleaved
                        ? (start + (2 * pair), start + (2 * pair) + 1)
                        : (start + pair, start + pair + (Dim / 2));
                    double angle = (FirstPosition + t) * frequencies.Frequency(pair, 8);
                    expected[a] = 1.25 * ((x[t][a] * Math.Cos(angle)) - (x[t][b] * Math.Sin(angle)));
                    expected[b] = 1.25 * ((x[t][b] * Math.Cos(angle)) + (x[t][a] * Math.Sin(angle)));
                }

                Close.Assert(expected, rows[t], $"token {t}, {workers} workers");
            }
        }
    }

    private static float[] Rotate(Rope rope, float[] head, int position)
    {
        using NativeFloats memory = NativeFloats.Rows([head], head.Length, out Activations x);
        using NativeFloats angles = NativeFloats.Rows([new float[head.Length]], head.Length, out Activations rotations);
        using WorkerTeam team = new(1);
        team.Run(worker =>
        {
            rope.Prepare(rotations, position, 1, position + 1, worker);
            worker.Sync();
            rope.Rotate(x, rotations, 1, head.Length, 0, 1, worker);
        });
        return x[0].ToArray();
    }

    private static void Check<TSimd, TVector>(double[] expected, float[] head, float[] rotation, bool isInterleaved)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        using NativeFloats x = new(head), r = new(rotation);
        Rope.Rotate<TSimd, TVector>(x.Pointer, r.Pointer, head.Length, isInterleaved);
        Close.Assert(expected, x.Span, $"{typeof(TSimd).Name}, {head.Length} elements, interleaved {isInterleaved}");
    }
}
