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
        using KvCache cache = new(1, 1, 2, 2, 4);
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
    public void Sink_TakesItsShareOfTheSoftmax()
    {
        // two scores of 0 and a sink of ln 2: weights 1/4, 1/4 and 1/2, so the output is (4 + 8) / 4 = 3
        using KvCache cache = new(1, 1, 2, 2, 4);
        using NativeFloats sinks = new([MathF.Log(2)]);
        WorkerTeamOfOne(worker =>
        {
            using NativeFloats k = NativeFloats.Rows([[0, 0], [0, 0]], 2, out Activations keys);
            using NativeFloats v = NativeFloats.Rows([[4, 40], [8, 80]], 2, out Activations values);
            using NativeFloats q = NativeFloats.Rows([[1, 1]], 2, out Activations queries), o = NativeFloats.Rows(
                [[0, 0]], 2, out Activations output);
            cache.Append(0, keys, values, 0, 2, worker);
            Attention.Attend<OneHead>(queries, cache, 0, new WeightVector(sinks.Pointer, 1), output, 1, 1, worker);
            Close.Assert([3, 30], output[0], "with a sink");
        });
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(69, 0)]
    [InlineData(70, 70)]
    [InlineData(139, 70)]
    [InlineData(140, 140)]
    public void Chunk_BeginsAtMultiplesOfItsSize(int position, int first) =>
        Assert.Equal(first, Attention.FirstSeen<Chunked>(position));

    [Fact]
    public void EveryWidth_AgreesWithTheScalarTwin()
    {
        foreach (bool hasSinks in new[] { false, true })
        {
            Check<Grouped>(hasSinks);
            Check<Windowed>(hasSinks);
            Check<OddDimension>(hasSinks);
            Check<Chunked>(hasSinks);
            Check<Latent>(hasSinks);
        }
    }

    [Fact]
    public void ChunksAndWorkers_DoNotChangeABit()
    {
        CheckBits<Grouped>();
        CheckBits<Chunked>();
        CheckBits<Latent>();
    }

    private static void CheckBits<TShape>()
        where TShape : struct, IAttentionShape
    {
        float[][] expected = Run<TShape>(workers: 1, chunk: NumPositions, null, out _, out _, out _);
        foreach ((int workers, int chunk) in new[] { (1, 1), (2, 7), (3, 64), (5, 150), (16, 1) })
        {
            Assert.Equal(expected, Run<TShape>(workers, chunk, null, out _, out _, out _));
        }
    }

    private static void Check<TShape>(bool hasSinks)
        where TShape : struct, IAttentionShape
    {
        float[]? sinks = hasSinks ? TestRandom.Floats(new Random(5), TShape.NumHeads) : null;
        float[][] output = Run<TShape>(2, 40, sinks, out float[][] queries, out float[][] keys, out float[][] values);
        string name = $"{typeof(TShape).Name}{(hasSinks ? " with sinks" : "")}";
        for (int t = 0; t < NumPositions; t++)
        {
            Close.Assert(Twin<TShape>(queries[t], keys, values, sinks, t), output[t], $"{name}, token {t}");
        }

        // the dispatched width is covered by Run; here the others
        int group = TShape.NumHeads / TShape.NumKeyValueHeads;
        using NativeFloats q = new(queries[^1]), o = new(TShape.NumHeads * TShape.ValueDim), allSinks = new(sinks ?? []);
        using NativeFloats k = new([.. keys.SelectMany(row => row.Take(TShape.KeyDim))]);
        using NativeFloats v = new([.. values.SelectMany(row => row.Take(TShape.ValueDim))]);
        AttentionHeads heads = new(
            q.Pointer, o.Pointer, group, k.Pointer, TShape.ValuesAreKeys ? k.Pointer : v.Pointer, NumPositions - 1)
        {
            Sinks = hasSinks ? allSinks.Pointer : null,
        };
        int length = group * TShape.ValueDim;
        double[] expected = [.. Twin<TShape>(queries[^1], keys, values, sinks, NumPositions - 1).Take(length)];
        Attention.Run<Simd128, Vector128<float>, TShape>(heads);
        Close.Assert(expected, o.Span[..length], "128");
        Attention.Run<Simd256, Vector256<float>, TShape>(heads);
        Close.Assert(expected, o.Span[..length], "256");
        Attention.Run<Simd512, Vector512<float>, TShape>(heads);
        Close.Assert(expected, o.Span[..length], "512");
    }

    private static double[] Twin<TShape>(float[] query, float[][] keys, float[][] values, float[]? sinks, int position)
        where TShape : struct, IAttentionShape
    {
        int keyDim = TShape.KeyDim, valueDim = TShape.ValueDim, group = TShape.NumHeads / TShape.NumKeyValueHeads;
        int[] seen =
        [
            .. Enumerable.Range(0, position + 1)
                .Where(s => position - s < TShape.SlidingWindow && s / TShape.ChunkSize == position / TShape.ChunkSize),
        ];
        List<double> output = [];
        for (int head = 0; head < TShape.NumHeads; head++)
        {
            int kv = head / group;
            double[] scores =
            [
                .. seen.Select(
                    s => Enumerable.Range(0, keyDim).Sum(i => (double)query[(head * keyDim) + i] * keys[s][(kv * keyDim) + i])
                        * TShape.Scale),
            ];
            double sum = scores.Sum(Math.Exp) + (sinks is null ? 0 : Math.Exp(sinks[head]));
            output.AddRange(
                Enumerable.Range(0, valueDim).Select(
                    i => scores.Select((score, s) => Math.Exp(score) / sum * values[seen[s]][(kv * valueDim) + i]).Sum()));
        }

        return [.. output];
    }

    private static float[][] Run<TShape>(
        int workers, int chunk, float[]? sinks, out float[][] queries, out float[][] keys, out float[][] values)
        where TShape : struct, IAttentionShape
    {
        Random random = new(4);
        int width = TShape.NumHeads * TShape.KeyDim, keyWidth = TShape.NumKeyValueHeads * TShape.KeyDim;
        int outputWidth = TShape.NumHeads * TShape.ValueDim, valueWidth = TShape.NumKeyValueHeads * TShape.ValueDim;
        queries = [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(random, width))];
        keys = [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(random, keyWidth))];
        values = TShape.ValuesAreKeys
            ? [.. keys.Select(row => row.Take(valueWidth).ToArray())]
            : [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(random, valueWidth))];
        using KvCache cache = new(
            2, TShape.NumKeyValueHeads, TShape.KeyDim, TShape.ValuesAreKeys ? 0 : TShape.ValueDim, NumPositions);
        using WorkerTeam team = new(workers);
        using NativeFloats q = NativeFloats.Rows(queries, width, out Activations allQueries), o = NativeFloats.Rows(
            [.. queries.Select(_ => Array.Empty<float>())], outputWidth, out Activations output);
        using NativeFloats k = NativeFloats.Rows(keys, keyWidth, out Activations allKeys), v = NativeFloats.Rows(
            values, valueWidth, out Activations allValues);
        using NativeFloats s = new(sinks ?? []);
        WeightVector allSinks = sinks is null ? default : new WeightVector(s.Pointer, sinks.Length);
        for (int first = 0; first < NumPositions; first += chunk)
        {
            int start = first, count = Math.Min(chunk, NumPositions - first);
            Activations someKeys = allKeys.Skip(start), someValues = allValues.Skip(start);
            Activations someQueries = allQueries.Skip(start), someOutput = output.Skip(start);
            team.Run(worker =>
            {
                if (TShape.ValuesAreKeys)
                {
                    cache.Append(1, someKeys, start, count, worker);
                }
                else
                {
                    cache.Append(1, someKeys, someValues, start, count, worker);
                }

                worker.Sync();
                Attention.Attend<TShape>(someQueries, cache, 1, allSinks, someOutput, start, count, worker);
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

        public static int KeyDim => 2;

        public static int ValueDim => 2;

        public static float Scale => 0.7f;
    }

    private readonly struct Grouped : IAttentionShape
    {
        public static int NumHeads => 6;

        public static int NumKeyValueHeads => 2;

        public static int KeyDim => 32;

        public static int ValueDim => 32;

        public static float Scale => 0.17f;
    }

    private readonly struct Windowed : IAttentionShape
    {
        public static int NumHeads => 2;

        public static int NumKeyValueHeads => 2;

        public static int KeyDim => 16;

        public static int ValueDim => 16;

        public static float Scale => 0.25f;

        public static int SlidingWindow => 9;
    }

    private readonly struct OddDimension : IAttentionShape
    {
        public static int NumHeads => 4;

        public static int NumKeyValueHeads => 1;

        public static int KeyDim => 22;

        public static int ValueDim => 13;

        public static float Scale => 0.2f;

        public static int SlidingWindow => 70;
    }

    private readonly struct Chunked : IAttentionShape
    {
        public static int NumHeads => 2;

        public static int NumKeyValueHeads => 1;

        public static int KeyDim => 16;

        public static int ValueDim => 16;

        public static float Scale => 0.25f;

        public static int ChunkSize => 70;
    }

    // a key so long that a block has fewer positions
    private readonly struct Latent : IAttentionShape
    {
        public static int NumHeads => 5;

        public static int NumKeyValueHeads => 1;

        public static int KeyDim => 272;

        public static int ValueDim => 250;

        public static float Scale => 0.06f;

        public static bool ValuesAreKeys => true;
    }
}
