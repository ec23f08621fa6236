using MoeGen.Weights;

namespace MoeGen.Tests.Weights;

public class E4M3Tests
{
    [Theory]
    [InlineData(0x00, 0)]
    [InlineData(0x01, 0.001953125)] // 0 0000 001: 1/8 x 2^-6 = 2^-9, the smallest
    [InlineData(0x07, 0.013671875)] // 0 0000 111: 7/8 x 2^-6
    [InlineData(0x08, 0.015625)] // 0 0001 000: 1 x 2^-6, the smallest normal
    [InlineData(0x38, 1)] // 0 0111 000: 1 x 2^0
    [InlineData(0x39, 1.125)] // 0 0111 001: 1 1/8 x 2^0
    [InlineData(0x4D, 6.5)] // 0 1001 101: 1 5/8 x 2^2
    [InlineData(0x78, 256)] // 0 1111 000: where IEEE formats have infinity
    [InlineData(0x7E, 448)] // 0 1111 110: 1 6/8 x 2^8, the largest
    [InlineData(0xC0, -2)] // 1 1000 000: -1 x 2^1
    [InlineData(0x7F, double.NaN)]
    [InlineData(0xFF, double.NaN)]
    public void Code_HasItsValue(byte code, double expected) => Assert.Equal(expected, Decode(code, 1));

    [Fact]
    public void EveryCode_FollowsTheFormula()
    {
        for (int code = 0; code < 256; code++)
        {
            int exponent = (code >> 3) & 15, fraction = code & 7;
            double magnitude = exponent == 0 ? fraction / 8.0 * Math.Pow(2, -6) : (1 + (fraction / 8.0)) * Math.Pow(2, exponent - 7);
            double expected = (code & 0x7F) == 0x7F ? double.NaN : code < 0x80 ? magnitude : -magnitude;
            Assert.Equal(expected, Decode((byte)code, 1));
            Assert.Equal(code >= 0x80, double.IsNaN(expected) ? code == 0xFF : float.IsNegative(Decode((byte)code, 1)));
        }
    }

    [Fact]
    public void Scale_IsAFactor()
    {
        // 6.5 x 0.3 in float32
        Assert.Equal(6.5f * 0.3f, Decode(0x4D, 0.3f));
        Assert.Equal(float.NegativeInfinity, Decode(0xFE, 1e36f));
    }

    private static float Decode(byte code, float scale)
    {
        float[] value = new float[1];
        E4M3.Decode([code], scale, value);
        return value[0];
    }
}
