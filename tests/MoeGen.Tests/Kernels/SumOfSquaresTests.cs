using System.Runtime.Intrinsics;
using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Tests.Kernels;

public unsafe class SumOfSquaresTests
{
    // squares are added in float, up to 4096 of them
    private const double Tolerance = 1e-5;

    [Fact]
    public void ByHand() => Assert.Equal(30, SumOfSquares.Of([1, 2, 3, 4]));

    [Fact]
    public void Vectors_OfEveryLength()
    {
        Random random = new(1);
        for (int length = 0; length <= 256; length++)
        {
            float[] values = TestRandom.Floats(random, length);
            Check(values, SumOfSquares.Of(values));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    [InlineData(96)]
    [InlineData(4096)]
    [InlineData(4128)]
    [InlineData(40000)]
    public void Matrices_InEveryFormatAndWidth(int count)
    {
        Check<F32>(count);
        Check<F16>(count);
        Check<Bf16>(count);
    }

    private static void Check<TFormat>(int count)
        where TFormat : struct, IFloatFormat
    {
        byte[] bytes = new byte[count * TFormat.Format.BytesPerElement()];
        FloatConverter.Narrow(TestRandom.Floats(new Random(count), count), TFormat.Format, bytes);
        float[] values = new float[count];
        FloatConverter.Widen(bytes, TFormat.Format, values);
        fixed (byte* pointer = bytes)
        {
            Check(values, SumOfSquares.Of(pointer, count, TFormat.Format));
            Check(values, SumOfSquares.Of<Simd128, Vector128<float>, TFormat>(pointer, count));
            Check(values, SumOfSquares.Of<Simd256, Vector256<float>, TFormat>(pointer, count));
            Check(values, SumOfSquares.Of<Simd512, Vector512<float>, TFormat>(pointer, count));
        }
    }

    private static void Check(float[] values, double sum)
    {
        double expected = values.Sum(value => (double)value * value);
        Assert.Equal(expected, sum, expected * Tolerance);
    }
}
