using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class EmbeddingSketchesTests
{
    [Theory]
    [InlineData(64)]
    [InlineData(512)]
    [InlineData(2048)]
    [InlineData(2880)]
    public void Agreement_TellsTheAngle(int hiddenSize)
    {
        // two directions at the angle a differ in a / pi of the bits; 512 bits scatter by at most sqrt(1/4 / 512) = .022 of the bits,
        // and the folding of long embeddings by about as much again
        Random random = new(hiddenSize);
        const int Steps = 9;
        EmbeddingSketches sketches = new(Steps);
        float[] a = Distributions.RandomEmbedding(random, hiddenSize), b = Orthogonal(a, Distributions.RandomEmbedding(random, hiddenSize));
        for (int step = 0; step < Steps; step++)
        {
            (float sin, float cos) = MathF.SinCos(MathF.PI * step / (Steps - 1));
            sketches.Put(step, [.. a.Zip(b, (x, y) => 3 * ((cos * x) + (sin * y)))]);
        }

        ushort[] agreements = new ushort[Steps];
        sketches.Compare(a, agreements);
        Assert.Equal(EmbeddingSketches.NumBits, agreements[0]);
        for (int step = 0; step < Steps; step++)
        {
            double expected = 1 - (step / (Steps - 1.0));
            Assert.InRange(agreements[step] / (double)EmbeddingSketches.NumBits, expected - 0.1, expected + 0.1);
        }
    }

    [Fact]
    public void Rows_AreThoseThatWerePut()
    {
        Random random = new(4);
        EmbeddingSketches sketches = new(3);
        float[][] embeddings = [.. Enumerable.Range(0, 3).Select(_ => Distributions.RandomEmbedding(random, 96))];
        for (int row = 0; row < 3; row++)
        {
            sketches.Put(row, embeddings[row]);
        }

        ushort[] agreements = new ushort[3];
        for (int row = 0; row < 3; row++)
        {
            sketches.Compare(embeddings[row], agreements);
            Assert.Equal(row, Array.IndexOf(agreements, (ushort)EmbeddingSketches.NumBits));
        }

        sketches.Put(1, embeddings[2]);
        sketches.Compare(embeddings[2], agreements.AsSpan(0, 2));
        Assert.Equal(EmbeddingSketches.NumBits, agreements[1]);
    }

    // of the length of a, at a right angle to it
    private static float[] Orthogonal(float[] a, float[] b)
    {
        double square = a.Sum(x => (double)x * x), product = a.Zip(b, (x, y) => (double)x * y).Sum();
        float[] c = [.. a.Zip(b, (x, y) => (float)(y - (product / square * x)))];
        float scale = (float)Math.Sqrt(square / c.Sum(x => (double)x * x));
        return [.. c.Select(x => x * scale)];
    }
}
