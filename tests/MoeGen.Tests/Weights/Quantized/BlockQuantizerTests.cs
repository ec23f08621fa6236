using MoeGen.Tests.Kernels;
using MoeGen.Weights.Quantized;

namespace MoeGen.Tests.Weights.Quantized;

public class BlockQuantizerTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void Q8_HasTheScaleAtWhichTheLargestMagnitudeIs127()
    {
        // largest magnitude 254: scale 2, and 5 / 2 = 2.5 is rounded away from zero
        byte[] blocks = new byte[34];
        Assert.Equal(-1, BlockQuantizer.Quantize<Q8Block>([5, -5, -254, 100], blocks));
        Assert.Equal(2, QuantizedRow.Scale<Q8Block>(blocks, 0));
        Assert.Equal([3, -3, -127, 50, 0], Enumerable.Range(0, 5).Select(column => QuantizedRow.Code<Q8Block>(blocks, column)));
        float[] values = new float[4];
        BlockQuantizer.Dequantize<Q8Block>(blocks, values);
        Assert.Equal([6, -6, -254, 100], values);
    }

    [Fact]
    public void Q4_HasTheScaleAtWhichTheLargestMagnitudeIsMinus8()
    {
        // 16 / -8: scale -2. 7 / -2 + 8.5 = 5, 16 / -2 + 8.5 = 0.5, -16 / -2 + 8.5 = 16.5, of which 15 is left; codes mean 8 less
        byte[] blocks = new byte[18];
        Assert.Equal(-1, BlockQuantizer.Quantize<Q4Block>([7, 16, -16], blocks));
        Assert.Equal(-2, QuantizedRow.Scale<Q4Block>(blocks, 0));
        Assert.Equal([-3, -8, 7, 0], Enumerable.Range(0, 4).Select(column => QuantizedRow.Code<Q4Block>(blocks, column)));
        float[] values = new float[3];
        BlockQuantizer.Dequantize<Q4Block>(blocks, values);
        Assert.Equal([6, 16, -14], values);
    }

    [Fact]
    public void EveryLength_GivesTheBlocksOfTheReference()
    {
        for (int length = 0; length <= 256; length++)
        {
            float magnitude = MathF.Pow(10, _random.Next(-9, 5));
            CheckReference([.. TestRandom.Floats(_random, length).Select(value => value * magnitude)]);
        }
    }

    [Fact]
    public void OddBlocks_GiveTheBlocksOfTheReference()
    {
        CheckReference(new float[32]);
        CheckReference([-0f]);
        CheckReference([1, -1]);
        CheckReference([-1, 1]);
        CheckReference([float.Epsilon, -1e-38f]);
        CheckReference([1e-7f, 3e-8f, 2e-8f]); // scales that are subnormal in 16 bits, or nothing
        CheckReference([65504 * 8, 65504 * 4, -65504 * 7]);
        CheckReference([.. Enumerable.Range(-128, 256).Select(i => i / 2f)]);
    }

    [Fact]
    public void Dequantize_IsScaleTimesCode()
    {
        CheckDequantize<Q8Block>();
        CheckDequantize<Q4Block>();
    }

    [Fact]
    public void Quantize_FindsTheFirstValueItCannotTake()
    {
        CheckRefused<Q8Block>(65520 * 127f);
        CheckRefused<Q4Block>(65520 * 8f);
    }

    [Fact]
    public void AValue_IsNoFurtherThanHalfAStepFromItsCode()
    {
        float[] values = TestRandom.Floats(_random, 256), q8 = new float[256], q4 = new float[256];
        byte[] blocks = new byte[QuantizedLayout.RowBytes<Q8Block>(256)];
        BlockQuantizer.Quantize<Q8Block>(values, blocks);
        BlockQuantizer.Dequantize<Q8Block>(blocks, q8);
        BlockQuantizer.Quantize<Q4Block>(values, blocks);
        BlockQuantizer.Dequantize<Q4Block>(blocks, q4);
        for (int i = 0; i < 256; i++)
        {
            // scales are rounded to 11 bits: 2^-12 of the value at most
            float largest = values.AsSpan(i / 32 * 32, 32).ToArray().Max(MathF.Abs), rounding = largest / 4096;
            Assert.InRange(q8[i] - values[i], (-largest / 254) - rounding, (largest / 254) + rounding);

            // the end that the scale's sign leaves at 7 steps is up to a whole step away
            Assert.InRange(q4[i] - values[i], (-largest / 8) - rounding, (largest / 8) + rounding);
        }
    }

    private void CheckDequantize<TBlock>()
        where TBlock : struct, IBlockFormat
    {
        foreach (int length in new[] { 1, 31, 32, 33, 96, 255 })
        {
            byte[] row = QuantizedRow.Random<TBlock>(_random, length);
            float[] values = new float[length];
            BlockQuantizer.Dequantize<TBlock>(row, values);
            for (int i = 0; i < length; i++)
            {
                Assert.Equal((double)QuantizedRow.Scale<TBlock>(row, i) * QuantizedRow.Code<TBlock>(row, i), values[i]);
            }
        }
    }

    private void CheckRefused<TBlock>(float tooLarge)
        where TBlock : struct, IBlockFormat
    {
        byte[] blocks = new byte[QuantizedLayout.RowBytes<TBlock>(100)];
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, tooLarge, -tooLarge })
        {
            foreach (int index in new[] { 0, 31, 32, 70, 99 })
            {
                float[] values = TestRandom.Floats(_random, 100);
                values[index] = bad;
                values[99] = bad;
                Assert.Equal(index, BlockQuantizer.Quantize<TBlock>(values, blocks));
            }
        }

        Assert.Equal(-1, BlockQuantizer.Quantize<TBlock>([MathF.BitDecrement(tooLarge), 0, 1], blocks));
    }

    private static void CheckReference(float[] values)
    {
        byte[] q8 = new byte[QuantizedLayout.RowBytes<Q8Block>(values.Length)];
        byte[] q4 = new byte[QuantizedLayout.RowBytes<Q4Block>(values.Length)];
        Assert.Equal(-1, BlockQuantizer.Quantize<Q8Block>(values, q8));
        Assert.Equal(-1, BlockQuantizer.Quantize<Q4Block>(values, q4));
        Array.Resize(ref values, (values.Length + 31) / 32 * 32);
        Assert.Equal(ReferenceQ8(values), q8);
        Assert.Equal(ReferenceQ4(values), q4);
    }

    // quantize_row_q8_0_ref of llama.cpp, line by line
    private static byte[] ReferenceQ8(float[] x)
    {
        List<byte> y = [];
        for (int i = 0; i < x.Length / 32; i++)
        {
            float amax = 0.0f;
            for (int j = 0; j < 32; j++)
            {
                float v = x[(i * 32) + j];
                amax = amax > MathF.Abs(v) ? amax : MathF.Abs(v);
            }

            float d = amax / ((1 << 7) - 1);
            float id = d != 0 ? 1.0f / d : 0.0f;
            y.AddRange(BitConverter.GetBytes((Half)d));
            for (int j = 0; j < 32; j++)
            {
                float x0 = x[(i * 32) + j] * (float.IsFinite(id) ? id : 0); // what C leaves open
                y.Add((byte)(sbyte)(x0 < 0 ? -MathF.Floor(-x0 + 0.5f) : MathF.Floor(x0 + 0.5f)));
            }
        }

        return [.. y];
    }

    // quantize_row_q4_0_ref of llama.cpp, line by line
    private static byte[] ReferenceQ4(float[] x)
    {
        List<byte> y = [];
        for (int i = 0; i < x.Length / 32; i++)
        {
            float amax = 0.0f;
            float max = 0.0f;
            for (int j = 0; j < 32; j++)
            {
                float v = x[(i * 32) + j];
                if (amax < MathF.Abs(v))
                {
                    amax = MathF.Abs(v);
                    max = v;
                }
            }

            float d = max / -8;
            float id = d != 0 ? 1.0f / d : 0.0f;
            id = float.IsFinite(id) ? id : 0; // what C leaves open
            y.AddRange(BitConverter.GetBytes((Half)d));
            for (int j = 0; j < 16; j++)
            {
                float x0 = x[(i * 32) + j] * id;
                float x1 = x[(i * 32) + 16 + j] * id;
                byte xi0 = (byte)Math.Min(15, (int)(sbyte)(x0 + 8.5f));
                byte xi1 = (byte)Math.Min(15, (int)(sbyte)(x1 + 8.5f));
                y.Add((byte)(xi0 | (xi1 << 4)));
            }
        }

        return [.. y];
    }
}
