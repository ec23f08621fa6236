using System.Runtime.InteropServices;
using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class FloatConverterTests
{
    [Theory]
    [InlineData(WeightFormat.F16)]
    [InlineData(WeightFormat.BF16)]
    public void EveryFinitePattern_SurvivesWideningAndNarrowing(WeightFormat format)
    {
        ushort[] patterns = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];
        float[] wide = new float[patterns.Length];
        ushort[] back = new ushort[patterns.Length];
        FloatConverter.Widen(MemoryMarshal.AsBytes<ushort>(patterns), format, wide);
        FloatConverter.Narrow(wide, format, MemoryMarshal.AsBytes(back.AsSpan()));
        Assert.All(patterns.Where((_, i) => float.IsFinite(wide[i])), bits => Assert.Equal(bits, back[bits]));
    }

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)] // exactly between 1.0 and the next: ties to even, down
    [InlineData(0x3F818000u, 0x3F82)] // exactly between two, the lower one odd: up
    [InlineData(0x3F808001u, 0x3F81)] // just above the middle
    [InlineData(0x7F7FFFFFu, 0x7F80)] // the largest float32 is too large for bfloat16's fraction: infinity
    public void NarrowToBfloat16_RoundsToNearestEven(uint bits, ushort expected)
    {
        ushort[] result = new ushort[1];
        FloatConverter.Narrow([BitConverter.UInt32BitsToSingle(bits)], WeightFormat.BF16, MemoryMarshal.AsBytes(result.AsSpan()));
        Assert.Equal(expected, result[0]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NonFiniteValue_IsFoundAtEveryPlace(float value)
    {
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>().Where(format => !format.IsQuantized()))
        {
            for (int place = 0; place < 70; place++)
            {
                float[] values = new float[70];
                values[place] = value;
                byte[] bytes = new byte[values.Length * format.BytesPerElement()];
                FloatConverter.Narrow(values, format, bytes);
                if (float.IsNaN(value) && format == WeightFormat.BF16)
                {
                    // rounding is for finite values; a NaN is written as it is stored
                    MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan())[place] = 0x7FC0;
                }

                Assert.Equal(place, FloatConverter.IndexOfNonFinite(bytes, format));
            }
        }
    }

    [Fact]
    public void FiniteValues_AreLeftAlone() =>
        Assert.Equal(-1, FloatConverter.IndexOfNonFinite([0, -0f, float.MaxValue, float.MinValue, float.Epsilon]));
}
