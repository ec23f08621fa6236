using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public unsafe class MatMulTests
{
    private static readonly float[] s_margin = [7, 8, 9];

    private readonly Random _random = new(1);

    [Fact]
    public void Multiply_IsTheSumOfProducts()
    {
        // w = [[1, 2], [3, 4]], x = [5, 6]: y = [1*5 + 2*6, 3*5 + 4*6] = [17, 39]
        using NativeMatrix<Shape2x2, F32> weight = new([[1, 2], [3, 4]]);
        using NativeFloats x = NativeFloats.Rows([[5, 6]], 2, out Activations inputs), y = NativeFloats.Rows(
            [[0, 0]], 2, out Activations outputs);
        MatMul.Run(weight.Matrix, new Product(inputs, outputs, 1), new Share(0, 2));
        Assert.Equal([17f, 39f], outputs[0].ToArray());
    }

    [Fact]
    public void ScalarTwin_IsTheSumOfProducts()
    {
        for (int length = 0; length <= 256; length++)
        {
            float[] w = TestRandom.Floats(_random, length), x = TestRandom.Floats(_random, length);
            Close.Assert(w.Zip(x, (a, b) => (double)a * b).Sum(), Twin(w, x), $"{length} columns");
        }
    }

    [Fact]
    public void EveryNumberOfRowsAndColumns_IsTheScalarTwinToTheBit()
    {
        for (int size = 0; size <= 256; size++)
        {
            (AnyShape.Rows, AnyShape.Columns) = (size, 1 + (size * 7 % 40));
            CheckAny<F32>(1 + (size % 9));
            CheckAny<F16>(1 + (size % 9));
            CheckAny<Bf16>(1 + (size % 9));
            (AnyShape.Rows, AnyShape.Columns) = (1 + (size * 5 % 36), size);
            CheckAny<F32>(1 + (size % 17));
            CheckAny<F16>(1 + (size % 17));
            CheckAny<Bf16>(1 + (size % 17));
        }
    }

    [Fact]
    public void RowsFromAnyToAny_LeaveTheOthersAlone()
    {
        using NativeMatrix<Shape64x256, Bf16> weight = new(_random);
        for (int start = 0; start <= 64; start++)
        {
            CheckTokens(weight, 1 + (start % 11), new Share(start, _random.Next(start, 65)));

            // panels that go together, without some rows of the first and the last
            CheckTokens(weight, 1 + (start % 11), new Share(start % 16, 64 - (start / 16)));
        }
    }

    [Fact]
    public void EveryWidthFormatAndShape_IsTheScalarTwinToTheBit()
    {
        CheckShape<Shape1x1>();
        CheckShape<Shape2x2>();
        CheckShape<Shape3x5>();
        CheckShape<Shape4x32>();
        CheckShape<Shape7x33>();
        CheckShape<Shape16x31>();
        CheckShape<Shape33x100>();
        CheckShape<Shape64x256>();
    }

    [Fact]
    public void AnOutput_DoesNotDependOnTheOthersOfItsTile()
    {
        using NativeMatrix<Shape33x100, Bf16> weight = new(_random);
        float[][] rows = [.. Enumerable.Range(0, 9).Select(_ => TestRandom.Floats(_random, 100))];
        float[][] together = Multiply(weight.Matrix, rows, null, false);
        for (int token = 0; token < rows.Length; token++)
        {
            Assert.Equal(Multiply(weight.Matrix, [rows[token]], null, false)[0], together[token]);
        }
    }

    [Fact]
    public void AnOutput_DoesNotDependOnTheNumberOfWorkers()
    {
        using NativeMatrix<Shape64x256, F16> weight = new(_random);
        float[][] rows = [.. Enumerable.Range(0, 5).Select(_ => TestRandom.Floats(_random, 256))];
        float[][] alone = Multiply(weight.Matrix, rows, null, false);
        foreach (int workers in new[] { 2, 3, 7 })
        {
            using WorkerTeam team = new(workers);
            using NativeFloats x = NativeFloats.Rows(rows, 256, out Activations inputs);
            using NativeFloats y = NativeFloats.Rows([.. rows.Select(_ => new float[64])], 64, out Activations outputs);
            team.Run(worker => MatMul.Multiply(weight.Matrix, inputs, outputs, rows.Length, worker));
            Assert.Equal(alone, Enumerable.Range(0, rows.Length).Select(token => outputs[token].ToArray()));
        }
    }

    [Fact]
    public void BiasAndResidual_AreAdded()
    {
        using NativeMatrix<Shape7x33, F32> weight = new(_random);
        float[][] rows = [.. Enumerable.Range(0, 6).Select(_ => TestRandom.Floats(_random, 33))];
        float[] bias = TestRandom.Floats(_random, 7);
        float[][] plain = Multiply(weight.Matrix, rows, null, false);
        float[][] biased = Multiply(weight.Matrix, rows, bias, true);
        for (int token = 0; token < rows.Length; token++)
        {
            for (int row = 0; row < 7; row++)
            {
                // outputs start at 1 in Multiply below
                Close.Assert((double)plain[token][row] + bias[row] + 1, biased[token][row], $"token {token}, row {row}");
            }
        }
    }

    [Fact]
    public void Scale_MultipliesProductAndBias()
    {
        using NativeMatrix<Shape7x33, F32> weight = new(_random);
        float[][] rows = [.. Enumerable.Range(0, 5).Select(_ => TestRandom.Floats(_random, 33))];
        float[] bias = TestRandom.Floats(_random, 7);
        float[][] plain = Multiply(weight.Matrix, rows, bias, false);
        using NativeFloats x = NativeFloats.Rows(rows, 33, out Activations inputs), b = new(bias);
        using NativeFloats y = NativeFloats.Rows([.. rows.Select(_ => new float[7])], 7, out Activations outputs);
        WeightVector vector = new(b.Pointer, 7);
        using WorkerTeam team = new(2);
        void Check(double scale, float[] added)
        {
            for (int token = 0; token < rows.Length; token++)
            {
                Close.Assert([.. plain[token].Zip(added, (v, a) => (scale * (v - a)))], outputs[token], $"scale {scale}, token {token}");
            }
        }

        team.Run(worker => MatMul.Multiply(weight.Matrix, inputs, outputs, rows.Length, worker, 0.5f));
        Check(0.5, bias);
        team.Run(worker => MatMul.Multiply(weight.Matrix, vector, inputs, outputs, rows.Length, worker, 0.5f));
        Check(0.5, new float[7]);
        team.Run(worker => MatMul.MultiplyAdd(weight.Matrix, vector, inputs, outputs, rows.Length, worker, 0.25f));
        Check(0.75, new float[7]);
        team.Run(worker => MatMul.Multiply(weight.Matrix, inputs, outputs, rows.Length, worker, -1));
        team.Run(worker => MatMul.MultiplyAdd(weight.Matrix, inputs, outputs, rows.Length, worker, 2));
        Check(1, bias);
    }

    [Fact]
    public void GatheredRows_GoWhereTheyAreSent()
    {
        using NativeMatrix<Shape3x5, F32> weight = new(_random);
        float[][] rows = [.. Enumerable.Range(0, 4).Select(_ => TestRandom.Floats(_random, 5))];
        float[][] direct = Multiply(weight.Matrix, rows, null, false);
        using NativeFloats x = NativeFloats.Rows(rows, 5, out Activations inputs);
        using NativeFloats y = NativeFloats.Rows([.. Enumerable.Range(0, 8).Select(_ => new float[3])], 3, out Activations outputs);
        int* gather = stackalloc int[] { 3, 1, 3 };
        MatMul.Run(weight.Matrix, new Product(inputs, outputs, 3) { InputRows = gather, FirstOutputRow = 4 }, new Share(0, 3));
        Assert.Equal([direct[3], direct[1], direct[3]], [outputs[4].ToArray(), outputs[5].ToArray(), outputs[6].ToArray()]);
        Assert.Equal([0, 0, 0], outputs[3].ToArray());
        Assert.Equal([0, 0, 0], outputs[7].ToArray());
    }

    private void CheckShape<TShape>()
        where TShape : struct, IMatrixShape
    {
        CheckFormat<TShape, F32>();
        CheckFormat<TShape, F16>();
        CheckFormat<TShape, Bf16>();
    }

    private void CheckFormat<TShape, TFormat>()
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        using NativeMatrix<TShape, TFormat> weight = new(_random);
        foreach (int tokens in new[] { 0, 1, 2, 3, 7, 8, 15, 17 })
        {
            CheckTokens(weight, tokens, new Share(0, TShape.Rows));
        }
    }

    private void CheckAny<TFormat>(int tokens)
        where TFormat : struct, IFloatFormat
    {
        using NativeMatrix<AnyShape, TFormat> weight = new(_random);
        CheckTokens(weight, tokens, new Share(0, AnyShape.Rows));
    }

    private void CheckTokens<TShape, TFormat>(NativeMatrix<TShape, TFormat> weight, int tokens, Share rows)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IFloatFormat
    {
        float[][] inputs = [.. Enumerable.Range(0, tokens).Select(_ => TestRandom.Floats(_random, TShape.Columns))];
        float[][] before = [.. inputs.Select(_ => TestRandom.Floats(_random, TShape.Rows))];
        float[] bias = TestRandom.Floats(_random, TShape.Rows);
        bool isBiased = _random.Next(2) == 0, addsToY = _random.Next(2) == 0;
        float scale = _random.Next(2) == 0 ? 1 : 0.7f;
        float[][] expected = [.. inputs.Select((x, token) => Enumerable.Range(0, TShape.Rows).Select(row =>
        {
            if (row < rows.Start || row >= rows.End)
            {
                return before[token][row];
            }

            float y = Twin(weight.Values[row], x);
            y = (isBiased ? y + bias[row] : y) * scale;
            return addsToY ? before[token][row] + y : y;
        }).ToArray())];
        CheckWidth<Simd128, Vector128<float>>();
        CheckWidth<Simd256, Vector256<float>>();
        CheckWidth<Simd512, Vector512<float>>();

        void CheckWidth<TSimd, TVector>()
            where TSimd : struct, ISimd<TVector>
            where TVector : struct
        {
            // outputs are columns of a wider row, whose other columns must stay
            using NativeFloats x = NativeFloats.Rows(inputs, TShape.Columns, out Activations from), b = new(bias);
            using NativeFloats y = NativeFloats.Rows(
                [.. before.Select(row => (float[])[.. s_margin, .. row, .. s_margin])], TShape.Rows + (2 * s_margin.Length),
                out Activations to);
            Product product = new(from, to.Columns(s_margin.Length, TShape.Rows), tokens)
            {
                Bias = isBiased ? b.Pointer : null,
                Scale = scale,
                AddsToY = addsToY,
            };
            MatMul.Run<TSimd, TVector, TShape, TFormat>(weight.Matrix, product, rows);
            for (int token = 0; token < tokens; token++)
            {
                string what = $"{typeof(TSimd).Name}, {typeof(TFormat).Name}, [{TShape.Rows}, {TShape.Columns}], rows {rows}, "
                    + $"token {token} of {tokens}";
                Assert.True(to[token].SequenceEqual([.. s_margin, .. expected[token], .. s_margin]), what);
            }
        }
    }

    // the even columns and the odd ones for themselves, in order, as every tile of every width sums them
    private static float Twin(float[] weight, float[] x)
    {
        float even = 0, odd = 0;
        for (int column = 0; column < weight.Length; column++)
        {
            ref float sum = ref column % 2 == 0 ? ref even : ref odd;
            sum = float.MultiplyAddEstimate(weight[column], x[column], sum);
        }

        return even + odd;
    }

    // outputs start at 1 where the product is added to them
    private static float[][] Multiply<TShape, TFormat>(Matrix<TShape, TFormat> weight, float[][] rows, float[]? bias, bool addsToY)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        using NativeFloats x = NativeFloats.Rows(rows, TShape.Columns, out Activations inputs);
        using NativeFloats y = NativeFloats.Rows(
            [.. rows.Select(_ => Enumerable.Repeat(1f, TShape.Rows).ToArray())], TShape.Rows, out Activations outputs);
        using NativeFloats b = new(bias ?? []);
        Product product = new(inputs, outputs, rows.Length)
        {
            Bias = bias is null ? null : b.Pointer,
            AddsToY = addsToY,
        };
        MatMul.Run(weight, product, new Share(0, TShape.Rows));
        return [.. Enumerable.Range(0, rows.Length).Select(token => outputs[token].ToArray())];
    }

    /// <summary>Sizes that are no constants, so that one compiled kernel serves for all.</summary>
    private readonly struct AnyShape : IMatrixShape
    {
        public static int Rows { get; set; }

        public static int Columns { get; set; }
    }

    private readonly struct Shape1x1 : IMatrixShape
    {
        public static int Rows => 1;

        public static int Columns => 1;
    }

    private readonly struct Shape2x2 : IMatrixShape
    {
        public static int Rows => 2;

        public static int Columns => 2;
    }

    private readonly struct Shape3x5 : IMatrixShape
    {
        public static int Rows => 3;

        public static int Columns => 5;
    }

    private readonly struct Shape4x32 : IMatrixShape
    {
        public static int Rows => 4;

        public static int Columns => 32;
    }

    private readonly struct Shape7x33 : IMatrixShape
    {
        public static int Rows => 7;

        public static int Columns => 33;
    }

    private readonly struct Shape16x31 : IMatrixShape
    {
        public static int Rows => 16;

        public static int Columns => 31;
    }

    private readonly struct Shape33x100 : IMatrixShape
    {
        public static int Rows => 33;

        public static int Columns => 100;
    }

    private readonly struct Shape64x256 : IMatrixShape
    {
        public static int Rows => 64;

        public static int Columns => 256;
    }
}
