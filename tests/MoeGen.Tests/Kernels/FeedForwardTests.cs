using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Experts.Cache;
using MoeGen.Kernels;
using MoeGen.Tests.Experts.Cache;
using MoeGen.Weights;

namespace MoeGen.Tests.Kernels;

/// <summary>Experts with and without gates, biases and dropped choices, against the formulas in double precision.</summary>
public unsafe class FeedForwardTests
{
    private const int NumExperts = 5;
    private const int TopKExperts = 2;
    private const int NumTokens = 7;
    private const int Hidden = 33;
    private const int Intermediate = 21;

    private readonly Random _random = new(8);

    [Fact]
    public void GatedExperts_AddTheirWeightedSum() => CheckGated(scale: 1, scalesInput: false);

    [Fact]
    public void Scale_MultipliesWhatIsAdded() => CheckGated(scale: 0.22f, scalesInput: false);

    [Fact]
    public void WeightsOnTheInput_ScaleBothProducts() => CheckGated(scale: 1, scalesInput: true);

    [Fact]
    public void Biases_AreAddedInEveryProjection()
    {
        using Fixture f = new(_random, Biased.Size);
        ExpertCache pool = f.Pool;
        ExpertList<Biased, UpShape, DownShape, F32> experts = new(pool, 0);
        double[][] expected = f.Expected(1, (x, e, _) =>
        {
            Assert.True(pool.TryFind(0, e, out ExpertSlot slot));
            double[] gate = Add(Product(Biased.At(slot).GateProj, x), Biased.GateBias(slot));
            double[] up = Add(Product(Biased.At(slot).UpProj, x), Biased.UpBias(slot));
            return Add(Product(Biased.At(slot).DownProj, [.. gate.Zip(up, SwiGlu)]), Biased.DownBias(slot));
        });
        foreach (int workers in new[] { 1, 2, 3 })
        {
            f.Run(workers, worker =>
            {
                FeedForward.GateAndUp(new SwiGlu(), experts, f.Routing, f.X, f.Gate, f.Up, worker);
                worker.Sync();
                FeedForward.Down(experts, f.Routing, f.Gate, f.Down, worker);
                FeedForward.AddChosen(f.Routing, f.Down, f.Output, NumTokens, worker);
            }, expected);
        }
    }

    [Fact]
    public void ExpertsWithoutAGate_AreRectified()
    {
        using Fixture f = new(_random, Plain.Size);
        ExpertCache pool = f.Pool;
        ExpertList<Plain, UpShape, DownShape, F32> experts = new(pool, 0);
        double[][] expected = f.Expected(1, (x, e, _) =>
            Product(experts[e].DownProj, [.. Product(experts[e].UpProj, x).Select(v => Math.Max(v, 0))]));
        foreach (int workers in new[] { 1, 2, 3 })
        {
            f.Run(workers, worker =>
            {
                FeedForward.Up(new ReGlu(), experts, f.Routing, f.X, f.Up, worker);
                worker.Sync();
                FeedForward.Down(experts, f.Routing, f.Up, f.Down, worker);
                FeedForward.AddChosen(f.Routing, f.Down, f.Output, NumTokens, worker);
            }, expected);
        }
    }

    [Fact]
    public void Dense_WithAndWithoutAGate()
    {
        using NativeMatrix<UpShape, F32> gateProj = new(_random), upProj = new(_random);
        float[][] rows = [.. Enumerable.Range(0, NumTokens).Select(_ => TestRandom.Floats(_random, Hidden))];
        float[][] zeros = [.. rows.Select(_ => new float[Intermediate])];
        using NativeFloats x = NativeFloats.Rows(rows, Hidden, out Activations inputs);
        using NativeFloats g = NativeFloats.Rows(zeros, Intermediate, out Activations gate);
        using NativeFloats u = NativeFloats.Rows(zeros, Intermediate, out Activations up);
        using WorkerTeam team = new(2);
        team.Run(worker => FeedForward.GateAndUp(new ReGlu(), gateProj.Matrix, upProj.Matrix, inputs, gate, up, NumTokens, worker));
        team.Run(worker => FeedForward.Up(new ReGlu(), upProj.Matrix, inputs, up, NumTokens, worker));
        for (int t = 0; t < NumTokens; t++)
        {
            double[] input = [.. rows[t].Select(v => (double)v)];
            double[] rectified = [.. Product(gateProj.Matrix, input).Select(v => Math.Max(v, 0))], upped = Product(upProj.Matrix, input);
            Close.Assert([.. rectified.Zip(upped, (a, b) => a * b)], gate[t], $"gated, token {t}");
            Close.Assert([.. upped.Select(v => Math.Max(v, 0))], up[t], $"without a gate, token {t}");
        }
    }

    [Fact]
    public void ScaleRows_ByHand()
    {
        // sigmoid(0) = 1/2, sigmoid(ln 3) = 3/4
        using NativeFloats x = NativeFloats.Rows([[2, 4], [4, 8]], 2, out Activations rows);
        using NativeFloats s = NativeFloats.Rows([[0], [MathF.Log(3)]], 1, out Activations scores);
        using WorkerTeam team = new(2);
        team.Run(worker => FeedForward.ScaleRows(rows, scores, 2, worker));
        Close.Assert([1, 2], rows[0], "token 0");
        Close.Assert([3, 6], rows[1], "token 1");
    }

    private static double SwiGlu(double gate, double up) => gate / (1 + Math.Exp(-gate)) * up;

    private static double[] Product<TShape>(Matrix<TShape, F32> weight, double[] x)
        where TShape : struct, IMatrixShape
    {
        float[] row = new float[TShape.Columns];
        double[] y = new double[TShape.Rows];
        for (int r = 0; r < y.Length; r++)
        {
            weight.CopyRow(r, row);
            y[r] = row.Zip(x, (w, v) => w * v).Sum();
        }

        return y;
    }

    private static double[] Add(double[] x, WeightVector bias) => [.. x.Zip(bias.Values.ToArray(), (a, b) => a + b)];

    private void CheckGated(float scale, bool scalesInput)
    {
        using Fixture f = new(_random, Gated.Size);
        ExpertCache pool = f.Pool;
        ExpertList<Gated, UpShape, DownShape, F32> experts = new(pool, 0);
        double[][] expected = f.Expected(scale, (x, e, weight) =>
        {
            double[] input = scalesInput ? [.. x.Select(v => v * weight)] : x;
            double[] activation = [.. Product(experts[e].GateProj, input).Zip(Product(experts[e].UpProj, input), SwiGlu)];
            return Product(experts[e].DownProj, activation);
        }, scalesInput);
        foreach (int workers in new[] { 1, 2, 3 })
        {
            f.Run(workers, worker =>
            {
                FeedForward.GateAndUp(new SwiGlu(), experts, f.Routing, f.X, f.Gate, f.Up, worker, scalesInput);
                worker.Sync();
                FeedForward.Down(experts, f.Routing, f.Gate, f.Down, worker);
                FeedForward.AddChosen(f.Routing, f.Down, f.Output, NumTokens, worker, scale, scalesInput);
            }, expected);
        }
    }

    private readonly struct UpShape : IMatrixShape
    {
        public static int Rows => Intermediate;

        public static int Columns => Hidden;
    }

    private readonly struct DownShape : IMatrixShape
    {
        public static int Rows => Hidden;

        public static int Columns => Intermediate;
    }

    private readonly struct Plain(ExpertSlot slot) : IExpert<Plain, UpShape, DownShape, F32>
    {
        public static long Size => Matrix<UpShape, F32>.SizeInBytes + Matrix<DownShape, F32>.SizeInBytes;

        public Matrix<UpShape, F32> UpProj => slot.Matrix<UpShape, F32>(0);

        public Matrix<DownShape, F32> DownProj => slot.Matrix<DownShape, F32>(Matrix<UpShape, F32>.SizeInBytes);

        public static Plain At(ExpertSlot slot) => new(slot);
    }

    private readonly struct Gated(ExpertSlot slot) : IGatedExpert<Gated, UpShape, DownShape, F32>
    {
        public static long Size => Plain.Size + Matrix<UpShape, F32>.SizeInBytes;

        public Matrix<UpShape, F32> UpProj => slot.Matrix<UpShape, F32>(0);

        public Matrix<DownShape, F32> DownProj => slot.Matrix<DownShape, F32>(Matrix<UpShape, F32>.SizeInBytes);

        public Matrix<UpShape, F32> GateProj => slot.Matrix<UpShape, F32>(Plain.Size);

        public static Gated At(ExpertSlot slot) => new(slot);
    }

    private readonly struct Biased(ExpertSlot slot) : IGatedExpert<Biased, UpShape, DownShape, F32>
    {
        private const int VectorBytes = 64 * sizeof(float); // of up to 64 elements

        public static long Size => Gated.Size + (3 * VectorBytes);

        public Matrix<UpShape, F32> UpProj => slot.Matrix<UpShape, F32>(0);

        public Matrix<DownShape, F32> DownProj => slot.Matrix<DownShape, F32>(Matrix<UpShape, F32>.SizeInBytes);

        public Matrix<UpShape, F32> GateProj => slot.Matrix<UpShape, F32>(Plain.Size);

        public static Biased At(ExpertSlot slot) => new(slot);

        public static WeightVector GateBias(ExpertSlot slot) => slot.Vector(Gated.Size, Intermediate);

        public static WeightVector UpBias(ExpertSlot slot) => slot.Vector(Gated.Size + VectorBytes, Intermediate);

        public static WeightVector DownBias(ExpertSlot slot) => slot.Vector(Gated.Size + (2 * VectorBytes), Hidden);
    }

    /// <summary>Random experts, tokens and choices, one of which is dropped.</summary>
    private sealed class Fixture : IDisposable
    {
        private readonly NativeFloats[] _memory = new NativeFloats[5];
        private readonly float[][] _x;
        private readonly float[][] _residual;
        private float[][]? _firstOutput; // of the first run: every other number of workers gives the same bits

        public Fixture(Random random, long expertBytes)
        {
            Pool = FakeExperts.Resident(NumExperts, TopKExperts, expertBytes);
            for (int e = 0; e < NumExperts; e++)
            {
                // rows and columns that fill up the panels are zero
                Span<float> blob = new((float*)Pool.Address(0, e), (int)(expertBytes / sizeof(float)));
                TestRandom.Floats(random, blob.Length).CopyTo(blob);
                ClearPadding<UpShape>(blob[..(int)(Matrix<UpShape, F32>.SizeInBytes / sizeof(float))]);
                ClearPadding<DownShape>(blob[(int)(Matrix<UpShape, F32>.SizeInBytes / sizeof(float))..(int)(Plain.Size / sizeof(float))]);
                if (expertBytes > Plain.Size)
                {
                    ClearPadding<UpShape>(blob[(int)(Plain.Size / sizeof(float))..(int)(Gated.Size / sizeof(float))]);
                }
            }

            Routing = new Routing(NumExperts, TopKExperts, NumTokens);
            for (int t = 0; t < NumTokens; t++)
            {
                Enumerable.Range(0, NumExperts).OrderBy(_ => random.Next()).Take(TopKExperts).ToArray().CopyTo(Routing.TopKIds(t));
                TestRandom.Floats(random, TopKExperts).CopyTo(Routing.TopKWeights(t));
            }

            Routing.TopKIds(3)[0] = -1;
            _x = [.. Enumerable.Range(0, NumTokens).Select(_ => TestRandom.Floats(random, Hidden))];
            _residual = [.. Enumerable.Range(0, NumTokens).Select(_ => TestRandom.Floats(random, Hidden))];
            float[][] choices = [.. Enumerable.Range(0, NumTokens * TopKExperts).Select(_ => Array.Empty<float>())];
            _memory[0] = NativeFloats.Rows(_x, Hidden, out Activations x);
            _memory[1] = NativeFloats.Rows(choices, Intermediate, out Activations gate);
            _memory[2] = NativeFloats.Rows(choices, Intermediate, out Activations up);
            _memory[3] = NativeFloats.Rows(choices, Hidden, out Activations down);
            _memory[4] = NativeFloats.Rows(_residual, Hidden, out Activations output);
            (X, Gate, Up, Down, Output) = (x, gate, up, down, output);
        }

        public ExpertCache Pool { get; }

        public Routing Routing { get; }

        public Activations X { get; }

        public Activations Gate { get; }

        public Activations Up { get; }

        public Activations Down { get; }

        public Activations Output { get; }

        public double[][] Expected(float scale, Func<double[], int, double, double[]> expert, bool scalesInput = false)
        {
            double[][] expected = [.. _residual.Select(row => row.Select(v => (double)v).ToArray())];
            for (int t = 0; t < NumTokens; t++)
            {
                for (int k = 0; k < TopKExperts; k++)
                {
                    if (Routing.TopKIds(t)[k] is int e and >= 0)
                    {
                        double weight = Routing.TopKWeights(t)[k];
                        double[] y = expert([.. _x[t].Select(v => (double)v)], e, weight);
                        for (int i = 0; i < Hidden; i++)
                        {
                            expected[t][i] += scale * (scalesInput ? 1 : weight) * y[i];
                        }
                    }
                }
            }

            return expected;
        }

        public void Run(int workers, Action<Worker> work, double[][] expected)
        {
            for (int t = 0; t < NumTokens; t++)
            {
                _residual[t].CopyTo(Output[t]);
            }

            using WorkerTeam team = new(workers);
            team.Run(worker =>
            {
                Routing.GroupByExpert(NumTokens, worker);
                if (worker.Index == 0)
                {
                    Pool.StartLayer(0, Routing, isNewSequence: false);
                }

                worker.Sync();
                work(worker);
            });
            for (int t = 0; t < NumTokens; t++)
            {
                double largest = Math.Max(1, expected[t].Max(Math.Abs));
                for (int i = 0; i < Hidden; i++)
                {
                    Close.Assert(expected[t][i] / largest, (float)(Output[t][i] / largest), $"token {t}, element {i}");
                }
            }

            float[][] output = [.. Enumerable.Range(0, NumTokens).Select(t => Output[t].ToArray())];
            _firstOutput ??= output;
            Assert.Equal(_firstOutput, output);
        }

        public void Dispose()
        {
            Pool.Dispose();
            Routing.Dispose();
            foreach (NativeFloats memory in _memory)
            {
                memory.Dispose();
            }
        }

        private static void ClearPadding<TShape>(Span<float> matrix)
            where TShape : struct, IMatrixShape
        {
            int panelLength = 16 * MatrixLayout.PaddedColumns(TShape.Columns);
            for (int i = 0; i < matrix.Length; i++)
            {
                (int panel, int place) = Math.DivRem(i, panelLength);
                if (place / 16 >= TShape.Columns || (panel * 16) + (place % 16) >= TShape.Rows)
                {
                    matrix[i] = 0;
                }
            }
        }
    }
}
