using MoeGen.Kernels.Quantized;
using MoeGen.Memory;

namespace MoeGen.Tests.Kernels.Quantized;

public unsafe class ActivationQuantizerTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void EveryLength_AgreesWithTheScalarTwin()
    {
        for (int columns = 0; columns <= 256; columns++)
        {
            float magnitude = MathF.Pow(10, _random.Next(-30, 30));
            Check([.. TestRandom.Floats(_random, columns).Select(value => value * magnitude)]);
        }
    }

    [Fact]
    public void TiesAndExtremes_AgreeWithTheScalarTwin()
    {
        Check([127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f]);
        Check([32767, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, -32767]);
        Check([float.MaxValue, -float.MaxValue, 1]);
        Check([-0f, 0, -0f]);
        Check([1e-40f, float.Epsilon]);
        Check([1e-30f, -1e-35f]);
        Check([.. Enumerable.Repeat(-3f, 64)]);
    }

    [Fact]
    public void ACode_TimesItsScale_IsNearTheValue()
    {
        // half a step of max / 127: 1 / 127 / 2 = 0.0039, and of max / 32767: 0.0000153
        float[] values = [1, -0.3f, 0.001f, 0.7f];
        using NativeFloats x = NativeFloats.Rows([values], 4, out _);
        using NativeBuffer row = new(QuantizedActivations.BytesPerRow(4, ActivationFormat.Int16));
        ActivationQuantizer.Quantize(x.Pointer, 4, 0, 4, ActivationFormat.Int8, row.Pointer);
        Assert.Equal([127, -38, 0, 89], new Span<sbyte>(row.Pointer, 4).ToArray());
        Assert.Equal(1 / 127f, *(float*)(row.Pointer + 32));

        // -8 x (127 - 38) and -8 x (0 + 89), as signed 16 bits
        Assert.Equal(-712 & 0xFFFF, *(int*)(row.Pointer + 36) & 0xFFFF);
        Assert.Equal(-712, *(int*)(row.Pointer + 36) >> 16);
        ActivationQuantizer.Quantize(x.Pointer, 4, 0, 4, ActivationFormat.Int16, row.Pointer);
        Assert.Equal([32767, -9830, 33, 22937], new Span<short>(row.Pointer, 4).ToArray());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void ABlockWithAValueThatIsNotFinite_HasTheScaleNaN(float bad)
    {
        float[] values = TestRandom.Floats(_random, 96);
        values[40] = bad;
        using NativeFloats x = new(values);
        using NativeBuffer row = new(QuantizedActivations.BytesPerRow(96, ActivationFormat.Int16));
        foreach (ActivationFormat format in Enum.GetValues<ActivationFormat>())
        {
            ActivationQuantizer.Quantize(x.Pointer, 96, 0, 96, format, row.Pointer);
            float* scales = (float*)(row.Pointer + QuantizedActivations.ScalesAt(96, format));
            Assert.Equal([false, true, false], [float.IsNaN(scales[0]), float.IsNaN(scales[1]), float.IsNaN(scales[2])]);
        }
    }

    [Fact]
    public void SharesOfColumns_GiveTheWholeRow()
    {
        float[] values = TestRandom.Floats(_random, 200);
        using NativeFloats x = NativeFloats.Rows([values], 200, out _);
        foreach (ActivationFormat format in Enum.GetValues<ActivationFormat>())
        {
            int bytes = QuantizedActivations.BytesPerRow(200, format);
            using NativeBuffer whole = new(bytes), shared = new(bytes);
            ActivationQuantizer.Quantize(x.Pointer, 200, 0, 200, format, whole.Pointer);
            ActivationQuantizer.Quantize(x.Pointer, 200, 96, 200, format, shared.Pointer);
            ActivationQuantizer.Quantize(x.Pointer, 200, 0, 96, format, shared.Pointer);
            Assert.Equal(new Span<byte>(whole.Pointer, bytes), new Span<byte>(shared.Pointer, bytes));
        }
    }

    [Fact]
    public void RowsOfATile_AreInDifferentSetsOfTheCache()
    {
        for (int columns = 32; columns <= 8192; columns += 32)
        {
            foreach (ActivationFormat format in Enum.GetValues<ActivationFormat>())
            {
                int bytes = QuantizedActivations.BytesPerRow(columns, format);
                Assert.Equal(8, Enumerable.Range(0, 8).Select(row => row * bytes % 4096 / 64).Distinct().Count());
            }
        }
    }

    private static void Check(float[] values)
    {
        int blocks = (values.Length + 31) / 32;
        using NativeFloats x = NativeFloats.Rows([values], values.Length, out _);
        Array.Resize(ref values, blocks * 32);
        foreach (ActivationFormat format in Enum.GetValues<ActivationFormat>())
        {
            using NativeBuffer row = new(QuantizedActivations.BytesPerRow(values.Length, format));
            ActivationQuantizer.Quantize(x.Pointer, values.Length, 0, values.Length, format, row.Pointer);
            for (int block = 0; block < blocks; block++)
            {
                float[] source = values[(block * 32)..((block * 32) + 32)];
                int[] codes = [.. Enumerable.Range(block * 32, 32).Select(
                    i => format == ActivationFormat.Int8 ? ((sbyte*)row.Pointer)[i] : ((short*)row.Pointer)[i])];
                Assert.Equal(Twin(source, format == ActivationFormat.Int8 ? 127 : 32767, out float scale), codes);
                Assert.Equal(scale, ((float*)(row.Pointer + QuantizedActivations.ScalesAt(values.Length, format)))[block]);
                if (format == ActivationFormat.Int8)
                {
                    int offset = ((int*)(row.Pointer + QuantizedActivations.OffsetsAt(values.Length, format)))[block];
                    Assert.Equal(-8 * codes.Where((_, i) => i % 4 < 2).Sum(), (short)offset);
                    Assert.Equal(-8 * codes.Where((_, i) => i % 4 >= 2).Sum(), offset >> 16);
                }
            }
        }
    }

    private static int[] Twin(float[] block, int maxCode, out float scale)
    {
        float largest = block.Max(MathF.Abs), inverse = maxCode / largest;
        bool isZero = !float.IsFinite(inverse);
        scale = isZero ? 0 : largest / maxCode;
        return [.. block.Select(value => isZero ? 0 : (int)MathF.Round(value * inverse, MidpointRounding.ToEven))];
    }
}
