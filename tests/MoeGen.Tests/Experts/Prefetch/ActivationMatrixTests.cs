using MoeGen.Experts;
using MoeGen.Experts.Prefetch;

namespace MoeGen.Tests.Experts.Prefetch;

public class ActivationMatrixTests
{
    [Fact]
    public void ByHand_TheMeanOfTheCosinesDecides()
    {
        // trace 0: experts (0, 1) and (1, 1); trace 1: (0, 0) and (1, 0)
        using ActivationCollection collection = new(new ExpertGrid(2, 2, 1), 4);
        ActivationMatrix matrix = new(new ExpertGrid(2, 2, 1), collection, 4);
        Assert.Equal(-1, matrix.FindNearest());
        matrix.Count(0, [1]);
        matrix.Count(1, [1]);
        matrix.EndRequest();
        matrix.Count(0, [0]);
        matrix.Count(1, [0]);
        matrix.EndRequest();
        Assert.Equal(-1, matrix.FindNearest());

        // layer 0 chose 0 twice and 1 once: cosines 1 / sqrt 5 and 2 / sqrt 5
        matrix.Count(0, [0, 1, 0]);
        Assert.Equal(1, matrix.FindNearest());

        // layer 1 chose expert 1: cosines 1 and 0; means (.447 + 1) / 2 and (.894 + 0) / 2
        matrix.Count(1, [1]);
        Assert.Equal(0, matrix.FindNearest());
    }

    [Fact]
    public void RunningSums_EqualBruteForce()
    {
        ExpertGrid grid = new(5, 7, 2);
        Random random = new(8);
        using ActivationCollection collection = new(grid, 6);
        ActivationMatrix matrix = new(grid, collection, 6);
        List<int[]> traces = [];
        int compared = 0;
        for (int request = 0; request < 6; request++)
        {
            int[] counts = new int[grid.Count];
            for (int pass = 0; pass < 4; pass++)
            {
                for (int layer = 0; layer < grid.NumLayers; layer++)
                {
                    int[] chosen = [random.Next(grid.NumExperts), random.Next(grid.NumExperts), -1];
                    counts[grid.KeyOf(layer, chosen[0])]++;
                    counts[grid.KeyOf(layer, chosen[1])]++;
                    matrix.Count(layer, chosen);
                    double[] means = [.. traces.Select(trace => Mean(grid, trace, counts))];
                    int nearest = matrix.FindNearest();
                    Assert.Equal(traces.Count == 0, nearest < 0);
                    if (nearest >= 0)
                    {
                        // rounding may turn the order of what is equal to three digits
                        Assert.InRange(means[nearest], means.Max() - 0.005, 1.001);
                        compared++;
                    }
                }
            }

            traces.Add(counts);
            matrix.EndRequest();
        }

        Assert.Equal(5 * 4 * 5, compared);
    }

    // of the layers that the running request has seen
    private static double Mean(ExpertGrid grid, int[] trace, int[] counts) => Enumerable.Range(0, grid.NumLayers)
        .Select(layer => (Row(trace, layer), Row(counts, layer)))
        .Where(rows => rows.Item2.Any(count => count > 0))
        .Average(rows => Distributions.Cosine(rows.Item1, rows.Item2));

    private static float[] Row(int[] counts, int layer) => [.. counts.Skip(layer * 7).Take(7).Select(count => (float)count)];
}
