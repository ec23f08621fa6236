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
        using KvCache cache = new(new KvCacheLayout(1, 1, 2, 2, 4));
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
        using KvCache cache = new(new KvCacheLayout(1, 1, 2, 2, 4));
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

    [Theory]
    [InlineData(KeyValueFormat.F32)]
    [InlineData(KeyValueFormat.F16)]
    [InlineData(KeyValueFormat.Q8)]
    public void EveryWidth_AgreesWithTheScalarTwin(KeyValueFormat format)
    {
        foreach (bool hasSinks in new[] { false, true })
        {
            Check<Grouped>(format, hasSinks);
            Check<Windowed>(format, hasSinks);
            Check<OddDimension>(format, hasSinks);
            Check<Chunked>(format, hasSinks);
            Check<Latent>(format, hasSinks);
        }
    }

    [Theory]
    [InlineData(KeyValueFormat.F32)]
    [InlineData(KeyValueFormat.F16)]
    [InlineData(KeyValueFormat.Q8)]
    public void ChunksAndWorkers_DoNotChangeABit(KeyValueFormat format)
    {
        CheckBits<Grouped>(format);
        CheckBits<Windowed>(format);
        CheckBits<OddDimension>(format);
        CheckBits<Chunked>(format);
        CheckBits<Latent>(format);
    }

    private static void CheckBits<TShape>(KeyValueFormat format)
        where TShape : struct, IAttentionShape
    {
        float[][] expected = new Fixture<TShape>(format, hasSinks: false).Run(workers: 1, chunk: NumPositions);
        foreach ((int workers, int chunk) in new[] { (1, 1), (2, 7), (3, 64), (5, 150), (16, 1), (1, 33) })
        {
            Fixture<TShape> fixture = new(format, hasSinks: false);
            Assert.Equal(expected, fixture.Run(workers, chunk));
            Assert.Equal(expected, fixture.Run(workers, chunk, isRing: true));
        }
    }

    private static void Check<TShape>(KeyValueFormat format, bool hasSinks)
        where TShape : struct, IAttentionShape
    {
        Fixture<TShape> fixture = new(format, hasSinks);
        string name = $"{typeof(TShape).Name} {format}{(hasSinks ? " with sinks" : "")}";
        double[][] expected = [.. Enumerable.Range(0, NumPositions).Select(fixture.Twin)];
        float[][] output = fixture.Run(2, 40);
        for (int t = 0; t < NumPositions; t++)
        {
            Close.Assert(expected[t], output[t], $"{name}, token {t}");
        }

        // the dispatched width is covered by Run; here the others, with one tile of rows and with several
        foreach (int numTokens in new[] { 1, 6 })
        {
            fixture.RunWidths(numTokens, (width, token, head, actual) => Close.Assert(
                expected[token][(head * TShape.ValueDim)..((head + 1) * TShape.ValueDim)], actual, $"{name}, {width}, token {token}"));
        }
    }

    private delegate void CheckHead(int width, int token, int head, ReadOnlySpan<float> actual);

    // random queries, keys and values of all positions, and what the cache makes of them
    private sealed class Fixture<TShape>
        where TShape : struct, IAttentionShape
    {
        private readonly KeyValueFormat _format;
        private readonly float[]? _sinks;
        private readonly float[][] _queries;
        private readonly float[][] _keys;
        private readonly float[][] _values;

        public Fixture(KeyValueFormat format, bool hasSinks)
        {
            Random random = new(4);
            _format = format;
            _sinks = hasSinks ? TestRandom.Floats(random, TShape.NumHeads) : null;
            _queries = Rows(random, TShape.NumHeads * TShape.KeyDim);
            _keys = Rows(random, TShape.NumKeyValueHeads * TShape.KeyDim);
            _values = Rows(random, TShape.NumKeyValueHeads * TShape.ValueDim);
        }

        private static int ValueDim => TShape.ValuesAreKeys ? 0 : TShape.ValueDim;

        public double[] Twin(int position)
        {
            int group = TShape.NumHeads / TShape.NumKeyValueHeads;
            int[] seen =
            [
                .. Enumerable.Range(0, position + 1)
                    .Where(s => position - s < TShape.SlidingWindow && s / TShape.ChunkSize == position / TShape.ChunkSize),
            ];
            List<double> output = [];
            for (int head = 0; head < TShape.NumHeads; head++)
            {
                int kv = head / group;
                float[][] keys = [.. seen.Select(s => Stored(_keys[s], kv, TShape.KeyDim))];
                float[][] values = TShape.ValuesAreKeys ? keys : [.. seen.Select(s => Stored(_values[s], kv, TShape.ValueDim))];
                float[] query = _queries[position][(head * TShape.KeyDim)..((head + 1) * TShape.KeyDim)];
                double[] scores = [.. keys.Select(key => key.Select((k, i) => (double)k * query[i]).Sum() * TShape.Scale)];
                double sum = scores.Sum(Math.Exp) + (_sinks is null ? 0 : Math.Exp(_sinks[head]));
                output.AddRange(
                    Enumerable.Range(0, TShape.ValueDim).Select(
                        i => scores.Select((score, s) => Math.Exp(score) / sum * values[s][i]).Sum()));
            }

            return [.. output];
        }

        public float[][] Run(int workers, int chunk, bool isRing = false)
        {
            using KvCache cache = new(Layout(isRing ? chunk : NumPositions));
            using WorkerTeam team = new(workers);
            using NativeFloats q = NativeFloats.Rows(_queries, _queries[0].Length, out Activations queries);
            using NativeFloats o = NativeFloats.Rows(
                [.. _queries.Select(_ => Array.Empty<float>())], TShape.NumHeads * TShape.ValueDim, out Activations output);
            using NativeFloats k = NativeFloats.Rows(_keys, _keys[0].Length, out Activations keys);
            using NativeFloats v = NativeFloats.Rows(_values, _values[0].Length, out Activations values);
            using NativeFloats s = new(_sinks ?? []);
            WeightVector sinks = _sinks is null ? default : new WeightVector(s.Pointer, _sinks.Length);
            for (int first = 0; first < NumPositions; first += chunk)
            {
                int start = first, count = Math.Min(chunk, NumPositions - first);
                team.Run(worker =>
                {
                    Append(cache, keys.Skip(start), values.Skip(start), start, count, worker);
                    worker.Sync();
                    Attention.Attend<TShape>(queries.Skip(start), cache, 1, sinks, output.Skip(start), start, count, worker);
                });
            }

            return [.. Enumerable.Range(0, NumPositions).Select(t => output[t].ToArray())];
        }

        /// <summary>Runs the last tokens with every width, all of a group's heads together.</summary>
        public void RunWidths(int numTokens, CheckHead check)
        {
            using KvCache cache = new(Layout(NumPositions));
            using WorkerTeam team = new(1);
            using NativeFloats q = NativeFloats.Rows(_queries, _queries[0].Length, out Activations queries);
            using NativeFloats o = NativeFloats.Rows(
                [.. _queries.Select(_ => Array.Empty<float>())], TShape.NumHeads * TShape.ValueDim, out Activations output);
            using NativeFloats k = NativeFloats.Rows(_keys, _keys[0].Length, out Activations keys);
            using NativeFloats v = NativeFloats.Rows(_values, _values[0].Length, out Activations values);
            using NativeFloats s = new(_sinks ?? []);
            team.Run(worker => Append(cache, keys, values, 0, NumPositions, worker));
            int group = TShape.NumHeads / TShape.NumKeyValueHeads, first = NumPositions - numTokens;
            QueryBlock block = new()
            {
                Queries = queries.Row(first),
                QueryStride = queries.Stride,
                Output = output.Row(first),
                OutputStride = output.Stride,
                NumTokens = numTokens,
                NumHeads = group,
                Position = first,
                Keys = cache.Keys(1, 0),
                Values = TShape.ValuesAreKeys ? cache.Keys(1, 0) : cache.Values(1, 0),
                Length = cache.Length(1),
                Sinks = _sinks is null ? null : s.Pointer,
            };
            foreach (int width in new[] { 128, 256, 512 })
            {
                switch (_format)
                {
                    case KeyValueFormat.F16:
                        Run<KeyValueF16>(width, block);
                        break;
                    case KeyValueFormat.Q8:
                        Run<KeyValueQ8>(width, block);
                        break;
                    default:
                        Run<KeyValueF32>(width, block);
                        break;
                }

                for (int token = first; token < NumPositions; token++)
                {
                    for (int head = 0; head < group; head++)
                    {
                        check(width, token, head, output[token].Slice(head * TShape.ValueDim, TShape.ValueDim));
                        output[token].Slice(head * TShape.ValueDim, TShape.ValueDim).Clear();
                    }
                }
            }
        }

        private static void Run<TFormat>(int width, in QueryBlock block)
            where TFormat : struct, IKeyValueFormat
        {
            switch (width)
            {
                case 128:
                    BlockAttention.Run<Simd128, Vector128<float>, TShape, TFormat>(block);
                    break;
                case 256:
                    BlockAttention.Run<Simd256, Vector256<float>, TShape, TFormat>(block);
                    break;
                default:
                    BlockAttention.Run<Simd512, Vector512<float>, TShape, TFormat>(block);
                    break;
            }
        }

        private static void Append(KvCache cache, Activations keys, Activations values, int start, int count, Worker worker)
        {
            if (TShape.ValuesAreKeys)
            {
                cache.Append(1, keys, start, count, worker);
            }
            else
            {
                cache.Append(1, keys, values, start, count, worker);
            }
        }

        // layer 1, behind another one, keeps a window and a chunk where the shape has a window
        private KvCacheLayout Layout(int chunk)
        {
            int window = Math.Min(TShape.SlidingWindow, TShape.ChunkSize);
            KvCacheLayout layout = new(2, TShape.NumKeyValueHeads, TShape.KeyDim, ValueDim, NumPositions) { Format = _format };
            return window == int.MaxValue ? layout : layout.WithRings([1], window, chunk);
        }

        private float[] Stored(float[] row, int head, int dim) => StoredRows.Of(_format, row[(head * dim)..((head + 1) * dim)]);

        private static float[][] Rows(Random random, int width) =>
            [.. Enumerable.Range(0, NumPositions).Select(_ => TestRandom.Floats(random, width))];
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
