using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Kernels;
using MoeGen.Kernels.Quantized;
using MoeGen.Memory;
using MoeGen.Tests.Weights.Quantized;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Kernels.Quantized;

public unsafe class QuantizedMatMulTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void EveryWidthFormatShapeAndNumberOfTokens_AgreesWithTheScalarTwin()
    {
        CheckShape<Shape1x1>();
        CheckShape<Shape3x31>();
        CheckShape<Shape15x32>();
        CheckShape<Shape16x33>();
        CheckShape<Shape37x95>();
        CheckShape<Shape80x256>();
        CheckShape<Shape130x64>();
    }

    [Fact]
    public void MoreTokensThanTheCacheHolds_AgreeWithTheScalarTwin()
    {
        // 256 KiB / 576 bytes of a row: chunks of 448
        Case<Shape3x256, Q8Block> test = new(_random, 451);
        Assert.Equal(test.Twin(), test.Run(Run<Q8, Shape3x256, Simd128, Vector128<int>, Vector128<float>>));
    }

    [Fact]
    public void ExtremeCodes_DoNotOverflow()
    {
        // -128 x 32767 x 32 and 15 x 127 x 32 are as large as sums can be; only rows of scale 1 and activations of one magnitude show it
        foreach (int sign in new[] { 1, -1 })
        {
            Case<Shape15x32, Q8Block> q8 = new(_random, 9);
            q8.Fill(sign * 0.5f, (block, row) => block[2..].Fill(row % 2 == 0 ? (byte)0x80 : (byte)0x7F));
            CheckWidths(q8);
            Case<Shape15x32, Q4Block> q4 = new(_random, 9);
            q4.Fill(sign * 0.5f, (block, row) => block[2..].Fill(row % 2 == 0 ? (byte)0 : (byte)0xFF));
            CheckWidths(q4);
        }
    }

    [Fact]
    public void AProduct_IsNearThatOfTheSameWeightsInFloat64()
    {
        // activations lose half a step of their block's largest: 2^-16 of it in 16 bits, 2^-8 in 8; roots of sums leave about a third
        CheckError<Q8Block>(1e-4);
        CheckError<Q4Block>(1e-2);
    }

    [Fact]
    public void BiasScaleAndResidual_AgreeWithTheScalarTwin()
    {
        foreach (bool addsToY in new[] { false, true })
        {
            Case<Shape37x95, Q8Block> q8 = new(_random, 5) { Bias = TestRandom.Floats(_random, 37), Scale = 0.75f, AddsToY = addsToY };
            CheckWidths(q8);
            Case<Shape37x95, Q4Block> q4 = new(_random, 5) { Bias = TestRandom.Floats(_random, 37), Scale = -3, AddsToY = addsToY };
            CheckWidths(q4);

            // panels that go together
            for (int tokens = 1; tokens <= 4; tokens++)
            {
                CheckWidths(new Case<Shape80x256, Q8Block>(_random, tokens) { Bias = TestRandom.Floats(_random, 80), AddsToY = addsToY });
            }
        }
    }

    [Fact]
    public void GatheredRows_GoWhereTheyAreSent()
    {
        int[] gather = [3, 1, 3, 0, 2, 2, 1, 3, 0, 1, 1];
        Case<Shape37x95, Q8Block> q8 = new(_random, 4) { InputRows = gather, FirstOutputRow = 2 };
        CheckWidths(q8);
        Case<Shape37x95, Q4Block> q4 = new(_random, 4) { InputRows = gather, FirstOutputRow = 2 };
        CheckWidths(q4);
        Case<Shape16x33, Q4Block> skipped = new(_random, 4) { FirstInputRow = 1 };
        CheckWidths(skipped);
    }

    [Fact]
    public void SharesOfRows_GiveTheWhole()
    {
        Case<Shape80x256, Q8Block> q8 = new(_random, 3) { Shares = [new(48, 80), new(0, 16), new(16, 48)] };
        CheckWidths(q8);
        Case<Shape37x95, Q4Block> q4 = new(_random, 3) { Shares = [new(32, 37), new(0, 16), new(16, 16), new(16, 32)] };
        CheckWidths(q4);
    }

    [Fact]
    public void AnInfinity_MakesTheTokensOutputsNaN()
    {
        Case<Shape37x95, Q4Block> test = new(_random, 3);
        test.Inputs[1][94] = float.PositiveInfinity;
        float[][] outputs = test.Run(Run<Q4, Shape37x95, Simd128, Vector128<int>, Vector128<float>>);
        Assert.All(outputs[0], value => Assert.True(float.IsFinite(value)));
        Assert.All(outputs[1][..37], value => Assert.True(float.IsNaN(value)));
        Assert.All(outputs[2], value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void EveryFiniteHalf_WidensExactly()
    {
        ushort[] patterns = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)
            .Where(bits => Half.IsFinite(BitConverter.UInt16BitsToHalf(bits)))];
        CheckHalves<Simd128, Vector128<float>>(patterns);
        CheckHalves<Simd256, Vector256<float>>(patterns);
        CheckHalves<Simd512, Vector512<float>>(patterns);
    }

    [Theory]
    [InlineData(0x7C00, 65536)] // infinity: the next exponent above the largest
    [InlineData(0xFC00, -65536)]
    [InlineData(0x7E00, 98304)] // a NaN, 1.5 times that
    public void ScaleThatIsNotFinite_CountsAsALargeFiniteOne(int bits, float expected)
    {
        ushort[] pattern = [.. Enumerable.Repeat((ushort)bits, 16)];
        CheckHalves<Simd128, Vector128<float>>(pattern, expected);
        CheckHalves<Simd256, Vector256<float>>(pattern, expected);
        CheckHalves<Simd512, Vector512<float>>(pattern, expected);
    }

    private delegate void Kernel(in QuantizedProduct product, Share rows);

    private static void Run<TFormat, TShape, TSimd, TInts, TFloats>(in QuantizedProduct product, Share rows)
        where TFormat : struct, IQuantizedFormat
        where TShape : struct, IMatrixShape
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct => TFormat.Run<TShape, TSimd, TInts, TFloats>(product, rows);

    private void CheckShape<TShape>()
        where TShape : struct, IMatrixShape
    {
        // all tiles, alone and behind others
        for (int tokens = 0; tokens <= 17; tokens++)
        {
            CheckWidths(new Case<TShape, Q8Block>(_random, tokens));
            CheckWidths(new Case<TShape, Q4Block>(_random, tokens));
        }
    }

    private static void CheckWidths<TShape, TBlock>(Case<TShape, TBlock> test)
        where TShape : struct, IMatrixShape
        where TBlock : struct, IBlockFormat
    {
        float[][] expected = test.Twin();
        bool isQ8 = typeof(TBlock) == typeof(Q8Block);
        Assert.Equal(expected, test.Run(isQ8 ? QuantizedMatMul.Run<TShape, Q8> : QuantizedMatMul.Run<TShape, Q4>));
        Assert.Equal(
            expected,
            test.Run(isQ8
                ? Run<Q8, TShape, Simd128, Vector128<int>, Vector128<float>>
                : Run<Q4, TShape, Simd128, Vector128<int>, Vector128<float>>));
        if (Simd256.SupportsPanels)
        {
            Assert.Equal(
                expected,
                test.Run(isQ8
                    ? Run<Q8, TShape, Simd256, Vector256<int>, Vector256<float>>
                    : Run<Q4, TShape, Simd256, Vector256<int>, Vector256<float>>));
        }
    }

    private void CheckError<TBlock>(double tolerance)
        where TBlock : struct, IBlockFormat
    {
        Case<Shape80x256, TBlock> test = new(_random, 8);
        float[][] outputs = test.Run(
            typeof(TBlock) == typeof(Q8Block) ? QuantizedMatMul.Run<Shape80x256, Q8> : QuantizedMatMul.Run<Shape80x256, Q4>);
        double[][] exact = [.. test.Inputs.Select(input => test.Rows.Select(
            row => input.Select((x, column) => (double)QuantizedRow.Scale<TBlock>(row, column) * QuantizedRow.Code<TBlock>(row, column) * x)
                .Sum()).ToArray())];
        double error = Math.Sqrt(exact.Zip(outputs, (e, o) => e.Zip(o, (a, b) => (a - b) * (a - b)).Sum()).Sum());
        Assert.InRange(error / Math.Sqrt(exact.Sum(e => e.Sum(a => a * a))), double.Epsilon, tolerance);
    }

    private static void CheckHalves<TSimd, TVector>(ushort[] patterns, float? anyExpected = null)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* values = stackalloc float[TSimd.Width];
        fixed (ushort* source = patterns)
        {
            for (int i = 0; i + TSimd.Width <= patterns.Length; i += TSimd.Width)
            {
                TSimd.Store(values, TSimd.LoadF16(source + i));
                for (int j = 0; j < TSimd.Width; j++)
                {
                    float expected = anyExpected ?? (float)BitConverter.UInt16BitsToHalf(patterns[i + j]);
                    Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(values[j]));
                }
            }
        }
    }

    /// <summary>Operands of a product; outputs begin at 1, and their rows are filled up with columns that nothing may write.</summary>
    private sealed class Case<TShape, TBlock>(Random random, int numInputs)
        where TShape : struct, IMatrixShape
        where TBlock : struct, IBlockFormat
    {
        private const float Before = 1;

        private static readonly ActivationFormat s_format =
            typeof(TBlock) == typeof(Q8Block) ? ActivationFormat.Int16 : ActivationFormat.Int8;

        public byte[][] Rows { get; } =
            [.. Enumerable.Range(0, TShape.Rows).Select(_ => QuantizedRow.Random<TBlock>(random, TShape.Columns))];

        public float[][] Inputs { get; } = [.. Enumerable.Range(0, numInputs).Select(_ => TestRandom.Floats(random, TShape.Columns))];

        public int[]? InputRows { get; init; }

        public int FirstInputRow { get; init; }

        public int FirstOutputRow { get; init; }

        public float[]? Bias { get; init; }

        public float Scale { get; init; } = 1;

        public bool AddsToY { get; init; }

        public Share[] Shares { get; init; } = [new(0, TShape.Rows)];

        private int NumTokens => InputRows?.Length ?? Inputs.Length - FirstInputRow;

        private float[][] Before1 => [.. Enumerable.Range(0, FirstOutputRow + NumTokens).Select(
            _ => Enumerable.Repeat(Before, QuantizedLayout.BlocksPerRow(TShape.Rows) * 32).ToArray())];

        public delegate void FillBlock(Span<byte> block, int row);

        public void Fill(float input, FillBlock fill)
        {
            foreach (float[] values in Inputs)
            {
                values.AsSpan().Fill(input);
            }

            for (int row = 0; row < Rows.Length; row++)
            {
                fill(Rows[row], row);
            }
        }

        public float[][] Run(Kernel kernel)
        {
            using NativeBuffer weights = new((long)((TShape.Rows + 15) / 16) * QuantizedLayout.PanelBytes<TBlock>(TShape.Columns));
            for (int row = 0; row < Rows.Length; row++)
            {
                byte* panel = weights.Pointer + ((long)(row / 16) * QuantizedLayout.PanelBytes<TBlock>(TShape.Columns));
                QuantizedPanel.WriteRow<TBlock>(panel, row % 16, TShape.Columns, Rows[row]);
            }

            using NativeBuffer quantized = Quantize(out QuantizedActivations x);
            float[][] before = Before1;
            int width = QuantizedLayout.BlocksPerRow(TShape.Rows) * 32;
            using NativeFloats y = NativeFloats.Rows(before, width, out Activations outputs);
            using NativeFloats bias = new(Bias ?? []);
            fixed (int* gather = InputRows)
            {
                Product operands = new(default, outputs, NumTokens)
                {
                    InputRows = gather,
                    FirstInputRow = FirstInputRow,
                    FirstOutputRow = FirstOutputRow,
                    Bias = Bias is null ? null : bias.Pointer,
                    Scale = Scale,
                    AddsToY = AddsToY,
                };
                QuantizedProduct product = new(weights.Pointer, x, operands);
                foreach (Share share in Shares)
                {
                    kernel(product, share);
                }
            }

            return [.. before.Select((_, token) => outputs[token].ToArray())];
        }

        /// <summary>The same product from the blocks of the rows, one number after the other.</summary>
        public float[][] Twin()
        {
            float[][] outputs = Before1;
            using NativeBuffer quantized = Quantize(out QuantizedActivations x);
            for (int token = 0; token < NumTokens; token++)
            {
                byte* input = x.Row(InputRows?[token] ?? FirstInputRow + token);
                float* scales = (float*)(input + QuantizedActivations.ScalesAt(TShape.Columns, s_format));
                for (int row = 0; row < TShape.Rows; row++)
                {
                    float y = 0;
                    for (int first = 0; first < TShape.Columns; first += 32)
                    {
                        int sum = 0;
                        for (int column = first; column < first + 32; column++)
                        {
                            int code = s_format == ActivationFormat.Int16 ? ((short*)input)[column] : ((sbyte*)input)[column];
                            sum += QuantizedRow.Code<TBlock>(Rows[row], column) * code;
                        }

                        y = MathF.FusedMultiplyAdd(sum, QuantizedRow.Scale<TBlock>(Rows[row], first) * scales[first / 32], y);
                    }

                    y = (y + (Bias?[row] ?? 0)) * Scale;
                    outputs[FirstOutputRow + token][row] = AddsToY ? Before + y : y;
                }
            }

            return outputs;
        }

        private NativeBuffer Quantize(out QuantizedActivations x)
        {
            NativeBuffer buffer = new((long)Inputs.Length * QuantizedActivations.BytesPerRow(TShape.Columns, s_format));
            x = new QuantizedActivations(buffer.Pointer, TShape.Columns, s_format);
            using NativeFloats floats = NativeFloats.Rows(Inputs, TShape.Columns, out Activations inputs);
            for (int i = 0; i < Inputs.Length; i++)
            {
                ActivationQuantizer.Quantize(inputs.Row(i), TShape.Columns, 0, TShape.Columns, s_format, x.Row(i));
            }

            return buffer;
        }
    }

    private readonly struct Shape1x1 : IMatrixShape
    {
        public static int Rows => 1;

        public static int Columns => 1;
    }

    private readonly struct Shape3x31 : IMatrixShape
    {
        public static int Rows => 3;

        public static int Columns => 31;
    }

    private readonly struct Shape3x256 : IMatrixShape
    {
        public static int Rows => 3;

        public static int Columns => 256;
    }

    private readonly struct Shape15x32 : IMatrixShape
    {
        public static int Rows => 15;

        public static int Columns => 32;
    }

    private readonly struct Shape16x33 : IMatrixShape
    {
        public static int Rows => 16;

        public static int Columns => 33;
    }

    private readonly struct Shape37x95 : IMatrixShape
    {
        public static int Rows => 37;

        public static int Columns => 95;
    }

    private readonly struct Shape80x256 : IMatrixShape
    {
        public static int Rows => 80;

        public static int Columns => 256;
    }

    private readonly struct Shape130x64 : IMatrixShape
    {
        public static int Rows => 130;

        public static int Columns => 64;
    }
}
