using MoeGen.Gpu.Kernels;

namespace MoeGen.Gpu.Tests.Kernels;

/// <summary>What bits of words stand for: every pattern of a code or a half, in every place of a word, exactly.</summary>
public class WordsTests
{
    private const uint HalfOfTwo = 0x4000;

    // scale 2 in each half of each word
    private static readonly Words s_scales = Repeat(HalfOfTwo | (HalfOfTwo << 16));

    [Fact]
    public void F16Words_WidenEveryFiniteHalf()
    {
        for (uint bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            if (float.IsFinite(expected))
            {
                // not equality of floats: zeros have signs
                uint other = ~bits & 0xFFFF;
                Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(F16Words.Lower(bits | (other << 16))));
                Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(F16Words.Upper((bits << 16) | other)));
            }
        }
    }

    [Fact]
    public void Q8Words_DecodeEveryCode()
    {
        for (int code = sbyte.MinValue; code <= sbyte.MaxValue; code++)
        {
            for (int place = 0; place < 4; place++)
            {
                // zeros elsewhere: bytes 0 and 1 of a word are the columns of one row, 2 and 3 those of the next one
                Words codes = Repeat((uint)(byte)code << (8 * place));
                Sums sums = Q8Words.Add(default, s_scales, codes, new Pair { Even = 1, Odd = 2 });
                float product = 2 * code * (1 + (place % 2));
                float[] expected = place < 2 ? [product, 0] : [0, product];
                Assert.Equal([.. expected, .. expected, .. expected, .. expected], ToArray(sums));
            }
        }
    }

    [Fact]
    public void Q4Words_DecodeEveryCode()
    {
        // columns by the place of their code in a row: 0 to 3 in the low halves of its bytes, 4 to 7 in the high ones
        int[] columns = [0, 4, 1, 5, 2, 6, 3, 7];
        for (int code = 0; code < 16; code++)
        {
            for (int place = 0; place < 8; place++)
            {
                // 8 is zero elsewhere
                uint row = (0x8888_8888 & ~(0xFu << (4 * place))) | ((uint)code << (4 * place));
                Pair x01 = new() { Even = 1, Odd = 2 }, x23 = new() { Even = 3, Odd = 4 };
                Pair x45 = new() { Even = 5, Odd = 6 }, x67 = new() { Even = 7, Odd = 8 };
                Sums sums = Q4Words.Add(default, s_scales, Repeat(row), Repeat(row), x01, x23, x45, x67);
                float expected = 2 * (code - 8) * (columns[place] + 1);
                Assert.All(ToArray(sums), sum => Assert.Equal(expected, sum));
            }
        }
    }

    private static Words Repeat(uint word) => new() { X = word, Y = word, Z = word, W = word };

    private static float[] ToArray(Sums sums) =>
        [sums.Row0, sums.Row1, sums.Row2, sums.Row3, sums.Row4, sums.Row5, sums.Row6, sums.Row7];
}
