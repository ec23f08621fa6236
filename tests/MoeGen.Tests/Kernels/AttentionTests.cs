using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public unsafe class AttentionTests
{
    // more than two blocks of 64 positions
    private const int NumPositions = 150;


    [Fact]
    public void OfEqualKeys_IsTheMeanOfTheValues()
    {
        // all scores are equal, so positions 0 to 2 count a third each: (1 + 2 + 6) / 3 = 3
        using KvCache cache = new(1, 1, 2, 4);
        WorkerTeamOfOne(worker =>
        {
            using NativeFloats k = NativeFloats.Rows([[1, 1], [1, 1], [1, 1]], 2, out Activations keys);
            using NativeFloats v = NativeFloats.Rows([[1, 10], [2, 20], [6, 60]], 2, out Activations values);
            using NativeFloats q = NativeFloats.Rows([[1, 0]], 2, out Activations queries), o = NativeFloats.Rows(
                [[0, 0]], 2, out Activations output);
            cache.Append(0, keys, values, 0, 3, worker);
            Attention.Attend<OneHead>(queries, cache, 0, output, 2, 1, worker);
            Close.Assert([3, 30], output[0], "mean");
        });
    }

    [Fact]
    public void EveryWidth_AgreesWithTheScalarTwin()
    {
        Check<Grouped>();
        Check<Windowed>();
        Check<OddDimension>();
    }

    [Fact]
    public void ChunksAndWorkers_DoNotChangeABit()
    {
        float[][] expected = Run<Grouped>(workers: 1, chunk: NumPositions, out _, out _, out _);
        foreach ((int workers, int chunk) in new[] { (1, 1), (2, 7), (3, 64), (5, 150), (16, 1) })
        {
            Assert.Equal(expected, Run<Grouped>(workers, chunk, out _, out _, out _));
        }
    }

    private void Check<TShape>()
        where TShape : struct, IAttentionShape
    {
        float[][] output = Run<TShape>(2, 40, out float[][] queries, out float[][] keys, out float[][] values);
        for (int t = 0; t < NumPositions; t++)
        {
            Close.Assert(Twin<TShape>(queries[t], keys, values, t), output[t], $"{typeof(TShape).Name}, token {t}");
        }

        // the dispatched width is covered by Run; here the others
        int dim = TShape.HeadDim;
        using NativeFloats q = new(queries[^1]), o = new(queries[^1].Length);
        using NativeFloats k = new([.. keys.SelectMany(row => row.Take(dim))]), v = new([.. values.SelectMany(row => row.Take(dim))]);
        int group = TShape.NumHeads / TShape.NumKeyValueHeads;
        AttentionHeads heads = new(q.Pointer, o.Pointer, group, k.Pointer, v.Pointer, NumPositions - 1);
        double[] expected = [.. Twin<TShape>(queries[^1], keys, values, NumPositions - 1).Take(group * dim)];
        Attention.Run<Simd128, Vector128<float>, TShape>(heads);
        Close.Assert(expected, o.Span[..(group * dim)], "128");
        Attention.Run<Simd256, Vector256<float>, TShape>(heads);
        Close.Assert(expected, o.Span[..(group * dim)], "256");
    }

    private static double[] Twin<TShape>(float[] query, float[][] keys, float[][] values, int position)
        where TShape : struct, IAttentionShape
    {
        int dim = TShape.HeadDim, group = TShape.NumHeads / TShape.NumKeyValueHeads;
        List<double> output = [];
        for (int head = 0; head < TShape.NumHeads; head++)
        {
            int first = Math.Max(0, position - (TShape.SlidingWindow - 1)), kv = head / group * dim;
            double[] scores =
            [
                .. Enumerable.Range(first, position - first + 1)
                    .Select(s => Enumerable.Range(0, dim).Sum(i => (double)query[(head * dim) + i] * keys[s][kv + i]) / Math.Sqrt(dim)),
            ];
            double maximum = scores.Max(), sum = scores.Sum(score => Math.Exp(score - maximum));
            output.AddRange(
                Enumerable.Range(0, dim).Select(
                    i => scores.Select((score, s) => Math.Exp(score - maximum) / sum * values[first + s][kv + i]).Sum()));
        }

        return [.. output];
    }

    private static float[][] Run<TShape>(int workers, int chunk, out float[][] queries, out float[][] keys, out float[][] values)
        where TShape : struct, IAttentionShape
    {
        Random random = new(4);
        int width = TShape.NumHeads * TShape.HeadDim, keyValueWidth = TShape.NumKeyValueHeads * TShape.HeadDim;
        queries = [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(random, width))];
        keys = [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(random, keyValueWidth))];
        values = [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(random, keyValueWidth))];
        using KvCache cache = new(2, TShape.NumKeyValueHeads, TShape.HeadDim, NumPositions);
        using WorkerTeam team = new(workers);
        using NativeFloats q = NativeFloats.Rows(queries, width, out Activations allQueries), o = NativeFloats.Rows(
            queries, width, out Activations output);
        using NativeFloats k = NativeFloats.Rows(keys, keyValueWidth, out Activations allKeys), v = NativeFloats.Rows(
            values, keyValueWidth, out Activations allValues);
        for (int first = 0; first < NumPositions; first += chunk)
        {
            int start = first, count = Math.Min(chunk, NumPositions - first);
            Activations someKeys = allKeys.Skip(start), someValues = allValues.Skip(start);
            Activations someQueries = allQueries.Skip(start), someOutput = output.Skip(start);
            team.Run(worker =>
            {
                cache.Append(1, someKeys, someValues, start, count, worker);
                worker.Sync();
                Attention.Attend<TShape>(someQueries, cache, 1, someOutput, start, count, worker);
            });
        }

        return [.. Enumerable.Range(0, NumPositions).Select(t => output[t].ToArray())];
    }

    private static void WorkerTeamOfOne(Action<Worker> work)
    {
        using WorkerTeam team = new(1);
        team.Run(work);
    }

    private readonly struct OneHead : IAttentionShape
    {
        public static int NumHeads => 1;

        public static int NumKeyValueHeads => 1;

        public static int HeadDim => 2;

        public static int SlidingWindow => int.MaxValue;
    }

    private readonly struct Grouped : IAttentionShape
    {
        public static int NumHeads => 6;

        public static int NumKeyValueHeads => 2;

        public static int HeadDim => 32;

        public static int SlidingWindow => int.MaxValue;
    }

    private readonly struct Windowed : IAttentionShape
    {
        public static int NumHeads => 2;

        public static int NumKeyValueHeads => 2;

        public static int HeadDim => 16;

        public static int SlidingWindow => 9;
    }

    private readonly struct OddDimension : IAttentionShape
    {
        public static int NumHeads => 4;

        public static int NumKeyValueHeads => 1;

        public static int HeadDim => 22;

        public static int SlidingWindow => 70;
    }
}
