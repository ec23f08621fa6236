using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public unsafe class LatentAttentionTests
{
    private const int NumTokens = 6;

    private readonly Random _random = new(11);

    [Fact]
    public void AbsorbedQueries_ScoreAsExpandedKeysWould()
    {
        // one head, nope 2, rope 1, rank 2; W_uk = [[1, 2], [3, 4]], q = (5, 6 | 7): W_ukᵀ q = (5 + 18, 10 + 24)
        using NativeMatrix<SmallShape, F32> weight = new([[1, 2], [3, 4], [10, 100]]);
        using NativeFloats q = NativeFloats.Rows([[5, 6, 7]], 3, out Activations queries);
        using NativeFloats l = NativeFloats.Rows([[0, 0, 0]], 3, out Activations latent);
        using NativeFloats y = NativeFloats.Rows([[0]], 1, out Activations values);
        using WorkerTeam team = new(1);
        team.Run(worker => LatentAttention.Absorb<Small, SmallShape, F32>(weight.Matrix, queries, latent, 1, worker));
        Assert.Equal([23f, 34f, 7f], latent[0].ToArray());

        // W_uv = [10, 100] of (1, 2): 210
        using NativeFloats a = NativeFloats.Rows([[1, 2]], 2, out Activations attended);
        team.Run(worker => LatentAttention.Expand<Small, SmallShape, F32>(weight.Matrix, attended, values, 1, worker));
        Assert.Equal([210f], values[0].ToArray());
    }

    [Fact]
    public void AnyRankFormatAndShare_AgreesWithTheScalarTwin()
    {
        Check<Odd, OddShape, F32>();
        Check<Odd, OddShape, Bf16>();
        Check<Even, EvenShape, F16>();
        Check<Even, EvenShape, Bf16>();
    }

    [Fact]
    public void SumRows_OfAnyRowsAndWidth_IsTheScalarTwin()
    {
        using NativeMatrix<TallShape, Bf16> weight = new(_random);
        for (int count = 0; count <= TallShape.Rows; count++)
        {
            int firstRow = _random.Next(TallShape.Rows - count + 1);
            float[] factors = TestRandom.Floats(_random, count);
            float[] expected = Twin(weight.Values, firstRow, factors);
            CheckRows<Simd128, Vector128<float>>(weight, firstRow, factors, expected);
            CheckRows<Simd256, Vector256<float>>(weight, firstRow, factors, expected);
            CheckRows<Simd512, Vector512<float>>(weight, firstRow, factors, expected);
        }
    }

    private static void CheckRows<TSimd, TVector>(
        NativeMatrix<TallShape, Bf16> weight, int firstRow, float[] factors, float[] expected)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        using NativeFloats scratch = new(LatentAttention.PaddedFactors(factors.Length)), sum = new(64);
        LatentAttention.SumRows<TSimd, TVector, TallShape, Bf16>(weight.Matrix, firstRow, factors, scratch.Pointer, sum.Pointer);
        Assert.Equal(expected, sum.Span[..TallShape.Columns].ToArray());
        Close.Assert(
            [.. Enumerable.Range(0, TallShape.Columns).Select(
                c => factors.Select((x, n) => (double)x * weight.Values[firstRow + n][c]).Sum())],
            sum.Span[..TallShape.Columns], $"{typeof(TSimd).Name}, {factors.Length} rows from {firstRow}");
    }

    // 16 sums, one for each place in a panel, then halves to halves
    private static float[] Twin(float[][] weight, int firstRow, float[] factors)
    {
        float[] columns = new float[TallShape.Columns];
        for (int column = 0; column < columns.Length; column++)
        {
            float[] sums = new float[16];
            for (int i = 0; i < factors.Length; i++)
            {
                int place = (firstRow + i) % 16;
                sums[place] = float.MultiplyAddEstimate(weight[firstRow + i][column], factors[i], sums[place]);
            }

            for (int half = 8; half > 0; half /= 2)
            {
                for (int i = 0; i < half; i++)
                {
                    sums[i] += sums[i + half];
                }
            }

            columns[column] = sums[0];
        }

        return columns;
    }

    private void Check<TLatent, TShape, TFormat>()
        where TLatent : struct, ILatentShape
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        int heads = TLatent.NumHeads, nope = TLatent.NopeDim, rope = TLatent.RopeDim, value = TLatent.ValueDim, rank = TLatent.KvLoraRank;
        using NativeMatrix<TShape, TFormat> weight = new(_random);
        float[][] q = Rows(heads * (nope + rope)), a = Rows(heads * rank);
        using NativeFloats qm = NativeFloats.Rows(q, heads * (nope + rope), out Activations queries);
        using NativeFloats am = NativeFloats.Rows(a, heads * rank, out Activations attended);
        float[][] empty = [.. q.Select(_ => Array.Empty<float>())];
        float[][]? bits = null;
        foreach ((int workers, int chunk) in new[] { (1, NumTokens), (2, NumTokens), (3, 1), (5, 4) })
        {
            using NativeFloats lm = NativeFloats.Rows(empty, heads * (rank + rope), out Activations latent);
            using NativeFloats ym = NativeFloats.Rows(empty, heads * value, out Activations y);
            using WorkerTeam team = new(workers);
            for (int first = 0; first < NumTokens; first += chunk)
            {
                int count = Math.Min(chunk, NumTokens - first);
                Activations someQueries = queries.Skip(first), someAttended = attended.Skip(first);
                Activations someLatent = latent.Skip(first), someY = y.Skip(first);
                team.Run(worker =>
                {
                    LatentAttention.Absorb<TLatent, TShape, TFormat>(weight.Matrix, someQueries, someLatent, count, worker);
                    LatentAttention.Expand<TLatent, TShape, TFormat>(weight.Matrix, someAttended, someY, count, worker);
                });
            }

            for (int t = 0; t < NumTokens; t++)
            {
                List<double> expectedLatent = [], expectedY = [];
                for (int h = 0; h < heads; h++)
                {
                    int row = h * (nope + value), query = h * (nope + rope);
                    expectedLatent.AddRange(Enumerable.Range(0, rank).Select(
                        c => Enumerable.Range(0, nope).Sum(n => (double)q[t][query + n] * weight.Values[row + n][c])));
                    expectedLatent.AddRange(q[t].Skip(query + nope).Take(rope).Select(v => (double)v));
                    expectedY.AddRange(Enumerable.Range(row + nope, value).Select(
                        r => Enumerable.Range(0, rank).Sum(c => (double)weight.Values[r][c] * a[t][(h * rank) + c])));
                }

                Close.Assert(expectedLatent, latent[t], $"{typeof(TLatent).Name}, queries of token {t}, {workers} workers");
                Close.Assert(expectedY, y[t], $"{typeof(TLatent).Name}, values of token {t}, {workers} workers");
            }

            float[][] now = [.. Enumerable.Range(0, NumTokens).SelectMany(t => new[] { latent[t].ToArray(), y[t].ToArray() })];
            bits ??= now;
            Assert.Equal(bits, now);
        }
    }

    private float[][] Rows(int width) => [.. Enumerable.Range(0, NumTokens).Select(_ => TestRandom.Floats(_random, width))];

    private readonly struct Small : ILatentShape
    {
        public static int NumHeads => 1;

        public static int NopeDim => 2;

        public static int RopeDim => 1;

        public static int ValueDim => 1;

        public static int KvLoraRank => 2;
    }

    private readonly struct SmallShape : IMatrixShape
    {
        public static int Rows => 3;

        public static int Columns => 2;
    }

    private readonly struct Odd : ILatentShape
    {
        public static int NumHeads => 3;

        public static int NopeDim => 7;

        public static int RopeDim => 2;

        public static int ValueDim => 5;

        public static int KvLoraRank => 22;
    }

    private readonly struct OddShape : IMatrixShape
    {
        public static int Rows => 36;

        public static int Columns => 22;
    }

    private readonly struct Even : ILatentShape
    {
        public static int NumHeads => 4;

        public static int NopeDim => 16;

        public static int RopeDim => 8;

        public static int ValueDim => 12;

        public static int KvLoraRank => 64;
    }

    private readonly struct EvenShape : IMatrixShape
    {
        public static int Rows => 112;

        public static int Columns => 64;
    }

    private readonly struct TallShape : IMatrixShape
    {
        public static int Rows => 75;

        public static int Columns => 37;
    }
}
