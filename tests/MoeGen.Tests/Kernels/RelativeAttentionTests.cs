using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>Attention with relative positions, and attention that sees every position, against the formula in double precision.</summary>
public unsafe class RelativeAttentionTests
{
    // more than two blocks of 64 positions, and more than the distances of the table
    private const int NumPositions = 150;
    private const int MaxDistance = 40;

    [Fact]
    public void Causal_AgreesWithTheScalarTwin()
    {
        Fixture f = new();
        float[][] output = f.Attend(workers: 2, chunk: 40);
        for (int t = 0; t < NumPositions; t++)
        {
            Close.Assert(f.Twin(f.Queries[t], t, t, hasBias: true), output[t], $"token {t}");
        }
    }

    [Fact]
    public void SeeingAll_AgreesWithTheScalarTwin()
    {
        Fixture f = new();
        float[][] biased = f.AttendAll(3, hasBias: true), plain = f.AttendAll(3, hasBias: false);
        for (int t = 0; t < NumPositions; t++)
        {
            Close.Assert(f.Twin(f.Queries[t], t, NumPositions - 1, hasBias: true), biased[t], $"token {t}");
            Close.Assert(f.Twin(f.Queries[t], t, NumPositions - 1, hasBias: false), plain[t], $"token {t} without bias");
        }
    }

    [Fact]
    public void ChunksAndWorkers_DoNotChangeABit()
    {
        Fixture f = new();
        float[][] causal = f.Attend(1, NumPositions), all = f.AttendAll(1, hasBias: true);
        foreach ((int workers, int chunk) in new[] { (1, 1), (2, 7), (3, 64), (16, 1) })
        {
            Assert.Equal(causal, f.Attend(workers, chunk));
            Assert.Equal(all, f.AttendAll(workers, hasBias: true));
        }
    }

    [Fact]
    public void EveryWidth_AgreesWithTheScalarTwin()
    {
        Fixture f = new();
        const int Position = 60;
        using NativeFloats q = new(f.Queries[Position]), o = new(Shape.NumHeads * Shape.ValueDim);
        using NativeFloats k = NativeFloats.Rows(f.Keys, Shape.KeyDim, out _), v = NativeFloats.Rows(f.Values, Shape.ValueDim, out _);
        QueryBlock block = new()
        {
            Queries = q.Pointer,
            QueryStride = q.Count,
            Output = o.Pointer,
            OutputStride = o.Count,
            NumTokens = 1,
            NumHeads = Shape.NumHeads,
            Position = Position,
            Last = NumPositions - 1,
            Keys = (byte*)k.Pointer,
            Values = (byte*)v.Pointer,
            Length = NumPositions,
            Bias = f.Bias.Center(0),
            BiasStride = f.Bias.Stride,
            MaxDistance = f.Bias.MaxDistance,
        };
        double[] expected = f.Twin(f.Queries[Position], Position, NumPositions - 1, hasBias: true);
        BlockAttention.Run<Simd128, Vector128<float>, Shape, KeyValueF32>(block);
        Close.Assert(expected, o.Span, "128");
        BlockAttention.Run<Simd256, Vector256<float>, Shape, KeyValueF32>(block);
        Close.Assert(expected, o.Span, "256");
        BlockAttention.Run<Simd512, Vector512<float>, Shape, KeyValueF32>(block);
        Close.Assert(expected, o.Span, "512");
    }

    private sealed class Fixture
    {
        private readonly Random _random = new(9);
        private readonly float[][] _weight;

        public Fixture()
        {
            using NativeMatrix<Buckets, F32> weight = new(_random);
            _weight = weight.Values;
            Bias = RelativeBias.Create(weight.Matrix, MaxDistance, isBidirectional: true);
            Queries = Rows(Shape.NumHeads * Shape.KeyDim);
            Keys = Rows(Shape.KeyDim);
            Values = Rows(Shape.ValueDim);
        }

        public RelativeBias Bias { get; }

        public float[][] Queries { get; }

        public float[][] Keys { get; }

        public float[][] Values { get; }

        public double[] Twin(float[] query, int position, int last, bool hasBias)
        {
            List<double> output = [];
            for (int head = 0; head < Shape.NumHeads; head++)
            {
                double[] scores = [.. Enumerable.Range(0, last + 1).Select(s =>
                {
                    double product = Keys[s].Select((key, i) => (double)key * query[(head * Shape.KeyDim) + i]).Sum();
                    double bias = _weight[RelativeBias.Bucket(s - position, Buckets.Rows, MaxDistance, true)][head];
                    return (product * Shape.Scale) + (hasBias ? bias : 0);
                })];
                double sum = scores.Sum(Math.Exp);
                output.AddRange(Enumerable.Range(0, Shape.ValueDim).Select(
                    i => scores.Select((score, s) => Math.Exp(score) / sum * Values[s][i]).Sum()));
            }

            return [.. output];
        }

        public float[][] Attend(int workers, int chunk) =>
            Run(workers, chunk, (queries, cache, output, first, count, worker) =>
                Attention.Attend<Shape>(queries, cache, 0, Bias, output, first, count, worker));

        public float[][] AttendAll(int workers, bool hasBias) =>
            Run(workers, NumPositions, (queries, cache, output, _, count, worker) =>
                Attention.AttendAll<Shape>(queries, cache, 0, hasBias ? Bias : null, output, NumPositions, count, worker));

        private float[][] Run(int workers, int chunk, Action<Activations, KvCache, Activations, int, int, Worker> attend)
        {
            using KvCache cache = new(new KvCacheLayout(1, 1, Shape.KeyDim, Shape.ValueDim, NumPositions));
            using NativeFloats q = NativeFloats.Rows(Queries, Shape.NumHeads * Shape.KeyDim, out Activations queries);
            using NativeFloats k = NativeFloats.Rows(Keys, Shape.KeyDim, out Activations keys);
            using NativeFloats v = NativeFloats.Rows(Values, Shape.ValueDim, out Activations values);
            using NativeFloats o = NativeFloats.Rows(
                [.. Queries.Select(_ => Array.Empty<float>())], Shape.NumHeads * Shape.ValueDim, out Activations output);
            using WorkerTeam team = new(workers);
            for (int first = 0; first < NumPositions; first += chunk)
            {
                int start = first, count = Math.Min(chunk, NumPositions - first);
                team.Run(worker =>
                {
                    cache.Append(0, keys.Skip(start), values.Skip(start), start, count, worker);
                    worker.Sync();
                    attend(queries.Skip(start), cache, output.Skip(start), start, count, worker);
                });
            }

            return [.. Enumerable.Range(0, NumPositions).Select(t => output[t].ToArray())];
        }

        private float[][] Rows(int width) => [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(_random, width))];
    }

    private readonly struct Shape : IAttentionShape
    {
        public static int NumHeads => 3;

        public static int NumKeyValueHeads => 1;

        public static int KeyDim => 22;

        public static int ValueDim => 13;

        public static float Scale => 0.2f;
    }

    private readonly struct Buckets : IMatrixShape
    {
        public static int Rows => 16;

        public static int Columns => Shape.NumHeads;
    }
}
