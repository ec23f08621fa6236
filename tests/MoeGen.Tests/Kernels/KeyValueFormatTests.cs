using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>What the formats of the KV cache make of a row, and what they refuse.</summary>
public unsafe class KeyValueFormatTests
{
    [Fact]
    public void F16_RoundsToTheNearestHalf_AndToEven()
    {
        // every half, what is halfway to the next one, and the floats beside both
        foreach (ushort[] patterns in Enumerable.Range(0, 1 << 15).Select(bits => (ushort)bits).Chunk(32))
        {
            float[] halves = [.. patterns.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits)).Where(x => x < 65504)];
            float[] ties = [.. halves.Select(x => (x + (float)Half.BitIncrement((Half)x)) / 2).Where(x => x < 65504)];
            foreach (float[] row in new[] { halves, ties })
            {
                CheckF16(row);
                CheckF16([.. row.Select(MathF.BitIncrement)]);
                CheckF16([.. row.Select(MathF.BitDecrement)]);
                CheckF16([.. row.Select(x => -x)]);
            }
        }
    }

    [Theory]
    [InlineData(65505f)]
    [InlineData(-1e30f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void F16_RefusesWhatItCannotHold(float value)
    {
        for (int place = 0; place < 19; place++)
        {
            Assert.False(Fits<KeyValueF16>(value, place));
        }

        Assert.True(Fits<KeyValueF16>(65504, 3));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Q8_RefusesWhatIsNotANumber(float value)
    {
        for (int place = 0; place < 40; place++)
        {
            Assert.False(Fits<KeyValueQ8>(value, place));
        }

        Assert.True(Fits<KeyValueQ8>(-float.MaxValue, 3));
    }

    [Fact]
    public void Q8_SharesAScaleAmong32()
    {
        // largest 254: scale 2, so 3 is 1.5 of it, which rounds to 2 and comes back as 4; the 33rd element has a scale of its own, 3 / 127
        float[] row = new float[33];
        (row[0], row[1], row[2], row[32]) = (-254, 3, 100, 3);
        float[] stored = Store<KeyValueQ8>(row);
        Assert.Equal([-254, 4, 100], stored[..3]);
        Assert.Equal(3, stored[32], 6);
        Assert.All(stored[3..32], x => Assert.Equal(0, x));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-40f)]
    public void Q8_BlockOfNothing_IsZero(float value) => Assert.All(Store<KeyValueQ8>([value, -value, value]), x => Assert.Equal(0, x));

    [Fact]
    public void Q8_IsOffByHalfAScaleAtMost_AtEveryLength()
    {
        Random random = new(3);
        for (int dim = 1; dim <= 256; dim++)
        {
            float[] row = TestRandom.Floats(random, dim), stored = Store<KeyValueQ8>(row);
            Assert.Equal(StoredRows.Of(KeyValueFormat.Q8, row), stored);
            for (int i = 0; i < dim; i++)
            {
                float scale = row.Chunk(32).ElementAt(i / 32).Max(Math.Abs) / 127;
                Assert.InRange(Math.Abs(row[i] - stored[i]), 0, (scale / 2) + 1e-6f);
            }
        }
    }

    [Fact]
    public void Rows_AreAsLongAsTheFormatSays()
    {
        // 128 elements: 4 and 2 bytes each; 1 byte each and 4 scales of 4 bytes. 20 elements are filled up to 32
        Assert.Equal((512, 256, 144), (KeyValueF32.RowBytes(128), KeyValueF16.RowBytes(128), KeyValueQ8.RowBytes(128)));
        Assert.Equal((128, 64, 36), (KeyValueF32.RowBytes(20), KeyValueF16.RowBytes(20), KeyValueQ8.RowBytes(20)));
        Assert.Equal((0, 0, 0), (KeyValueF32.RowBytes(0), KeyValueF16.RowBytes(0), KeyValueQ8.RowBytes(0)));
    }

    private static void CheckF16(float[] row) => Assert.Equal(StoredRows.Of(KeyValueFormat.F16, row), Store<KeyValueF16>(row));

    private static bool Fits<TFormat>(float value, int place)
        where TFormat : struct, IKeyValueFormat
    {
        float[] row = new float[Math.Max(40, place + 1)];
        row[place] = value;
        using NativeFloats source = new(row), memory = new(TFormat.RowBytes(row.Length) / sizeof(float));
        return TFormat.TryStore(source.Pointer, (byte*)memory.Pointer, row.Length);
    }

    // through the cache and back, one element at a time
    private static float[] Store<TFormat>(float[] row)
        where TFormat : struct, IKeyValueFormat
    {
        using NativeFloats source = new(row), memory = new(TFormat.RowBytes(row.Length) / sizeof(float));
        byte* bytes = (byte*)memory.Pointer;
        Assert.True(TFormat.TryStore(source.Pointer, bytes, row.Length));
        float[] wide = new float[(row.Length + 31) / 32 * 32];
        fixed (float* destination = wide)
        {
            for (int i = 0; i < wide.Length; i += Simd128.Width)
            {
                Simd128.Store(destination + i, TFormat.Load<Simd128, System.Runtime.Intrinsics.Vector128<float>>(bytes, i, row.Length));
            }
        }

        Assert.All(wide[row.Length..], x => Assert.Equal(0, x));
        return wide[..row.Length];
    }
}
