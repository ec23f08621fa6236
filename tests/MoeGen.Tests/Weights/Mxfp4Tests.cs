using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class Mxfp4Tests
{
    [Theory]
    [InlineData(0x0, 0)] // 0 00 0: exponent 0 means fraction / 2
    [InlineData(0x1, 0.5)] // 0 00 1: 1/2
    [InlineData(0x2, 1)] // 0 01 0: 1.0 x 2^0
    [InlineData(0x3, 1.5)] // 0 01 1: 1.5 x 2^0
    [InlineData(0x4, 2)] // 0 10 0: 1.0 x 2^1
    [InlineData(0x5, 3)] // 0 10 1: 1.5 x 2^1
    [InlineData(0x6, 4)] // 0 11 0: 1.0 x 2^2
    [InlineData(0x7, 6)] // 0 11 1: 1.5 x 2^2
    [InlineData(0x8, -0.0)] // 1 ...: the same, negative
    [InlineData(0x9, -0.5)]
    [InlineData(0xA, -1)]
    [InlineData(0xB, -1.5)]
    [InlineData(0xC, -2)]
    [InlineData(0xD, -3)]
    [InlineData(0xE, -4)]
    [InlineData(0xF, -6)]
    public void EveryCode_HasItsValue(byte code, double expected)
    {
        float[] values = Decode([code, (byte)(code << 4)], 127);
        Assert.Equal(BitConverter.SingleToUInt32Bits((float)expected), BitConverter.SingleToUInt32Bits(values[0]));
        Assert.Equal(0u, BitConverter.SingleToUInt32Bits(values[1]));
        Assert.Equal(0u, BitConverter.SingleToUInt32Bits(values[2]));
        Assert.Equal(BitConverter.SingleToUInt32Bits((float)expected), BitConverter.SingleToUInt32Bits(values[3]));
    }

    [Fact]
    public void LowHalf_ComesFirst()
    {
        // 0x72: low half 2 is 1.0, high half 7 is 6.0; scale 130 is 2^3
        Assert.Equal([8f, 48f], Decode([0x72], 130)[..2]);
    }

    [Fact]
    public void EveryScale_IsAPowerOfTwo()
    {
        for (int scale = 0; scale < Mxfp4.NaNScale; scale++)
        {
            // 0.5 x 2^(scale - 127): the smallest is 2^-128, which float32 holds as a denormal number
            Assert.Equal((float)(0.5 * Math.Pow(2, scale - 127)), Decode([1], (byte)scale)[0]);
        }
    }

    [Fact]
    public void ProductBeyondFloat32_IsInfinite()
    {
        // 1.5 x 2^127 is finite, 2 x 2^127 is not
        Assert.Equal([(float)(1.5 * Math.Pow(2, 127)), float.PositiveInfinity, float.NegativeInfinity], Decode([0x43, 0x0C], 254)[..3]);
    }

    private static float[] Decode(byte[] codes, byte scale)
    {
        byte[] block = new byte[Mxfp4.BlockBytes];
        codes.CopyTo(block, 0);
        float[] values = new float[Mxfp4.BlockSize];
        Mxfp4.Decode(block, [scale], values);
        return values;
    }
}
