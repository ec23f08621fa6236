using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

public unsafe class RelativeBiasTests
{
    private const int NumBuckets = 8;
    private const int MaxDistance = 20;

    [Theory]
    [InlineData(32, 128)]
    [InlineData(32, 17)]
    [InlineData(4, 3)]
    [InlineData(7, 100)]
    [InlineData(256, 300)]
    public void Bucket_IsThatOfTheFormula(int numBuckets, int maxDistance)
    {
        for (int distance = -300; distance <= 300; distance++)
        {
            Assert.Equal(Formula(distance, numBuckets, maxDistance, true), RelativeBias.Bucket(distance, numBuckets, maxDistance, true));
            Assert.Equal(Formula(distance, numBuckets, maxDistance, false), RelativeBias.Bucket(distance, numBuckets, maxDistance, false));
        }
    }

    [Theory]
    [InlineData(0, true, 0)]
    [InlineData(-1, true, 1)]
    [InlineData(1, true, 17)] // keys behind the query have the upper 16
    [InlineData(-7, true, 7)] // the last of its own
    [InlineData(-12, true, 9)] // 8 + ln(12 / 8) / ln(128 / 8) * 8 = 8 + 1.17
    [InlineData(127, true, 31)] // 16 + 8 + 7.98
    [InlineData(-5000, true, 15)]
    [InlineData(5, false, 0)] // a causal query never looks there
    [InlineData(-15, false, 15)]
    [InlineData(-20, false, 17)] // 16 + ln(20 / 16) / ln(128 / 16) * 16 = 16 + 1.72
    [InlineData(-128, false, 31)]
    public void Bucket_ByHand(int distance, bool isBidirectional, int expected) =>
        Assert.Equal(expected, RelativeBias.Bucket(distance, 32, 128, isBidirectional));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Table_HasTheNumberOfEveryHeadAndDistance(bool isBidirectional)
    {
        using NativeMatrix<Shape, Bf16> weight = new(new Random(1));
        RelativeBias bias = RelativeBias.Create(weight.Matrix, MaxDistance, isBidirectional);
        for (int head = 0; head < Shape.Columns; head++)
        {
            for (int distance = -MaxDistance; distance <= MaxDistance; distance++)
            {
                int bucket = Formula(distance, NumBuckets, MaxDistance, isBidirectional);
                Assert.Equal(weight.Values[bucket][head], bias.Center(head)[distance]);
            }
        }
    }

    [Fact]
    public void BeyondTheLargestDistance_AllAreAlike()
    {
        // what lets a table of the distances up to it serve all
        foreach ((int buckets, int max) in new[] { (32, 128), (4, 3), (7, 100), (64, 33), (33, 5000) })
        {
            int last = RelativeBias.Bucket(-max, buckets, max, false), behind = RelativeBias.Bucket(max, buckets, max, true);
            for (int distance = max; distance < max + 1000; distance++)
            {
                Assert.Equal(last, RelativeBias.Bucket(-distance, buckets, max, false));
                Assert.Equal(behind, RelativeBias.Bucket(distance, buckets, max, true));
            }
        }
    }

    // transformers modeling_t5, _relative_position_bucket, step by step in the types that torch has there
    private static int Formula(int relativePosition, int numBuckets, int maxDistance, bool isBidirectional)
    {
        int relativeBuckets = 0;
        if (isBidirectional)
        {
            numBuckets /= 2;
            relativeBuckets += (relativePosition > 0 ? 1 : 0) * numBuckets;
            relativePosition = Math.Abs(relativePosition);
        }
        else
        {
            relativePosition = -Math.Min(relativePosition, 0);
        }

        int maxExact = numBuckets / 2;
        float log = MathF.Log(relativePosition / (float)maxExact);
        float scaled = log / (float)Math.Log(maxDistance / (double)maxExact) * (numBuckets - maxExact);
        int ifLarge = relativePosition == 0 ? 0 : Math.Min(maxExact + (int)scaled, numBuckets - 1);
        return relativeBuckets + (relativePosition < maxExact ? relativePosition : ifLarge);
    }

    private readonly struct Shape : IMatrixShape
    {
        public static int Rows => NumBuckets;

        public static int Columns => 3;
    }
}
