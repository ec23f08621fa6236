using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class RegressionTests
{
    // the shape of what it is for: every layer is worth less and less, and layers differ
    private static double[] Known(double[] x) => [Math.Sqrt(x[0]) + (0.3 * Math.Sqrt(x[1])) + (0.1 * x[2]), 1 / (0.5 + x[0])];

    [Fact]
    public void LearnsAKnownFunction()
    {
        Random random = new(4);
        double[] Point() => [random.NextDouble(), random.NextDouble(), random.NextDouble()];
        double[][] Points(int count) => [.. Enumerable.Range(0, count).Select(_ => Point())];
        double[][] train = Points(200), heldOut = Points(100);
        Regression regression = Regression.Learn(train, [.. train.Select(Known)], weightDecay: 0, seed: 1);

        double[] mean = [train.Average(x => Known(x)[0]), train.Average(x => Known(x)[1])];
        double[] error = new double[2], spread = new double[2], output = new double[2];
        foreach (double[] x in heldOut)
        {
            regression.Predict(x, output);
            for (int i = 0; i < 2; i++)
            {
                error[i] += Math.Abs(output[i] - Known(x)[i]) / heldOut.Length;
                spread[i] += Math.Abs(mean[i] - Known(x)[i]) / heldOut.Length;
            }
        }

        // within a tenth of what always answering the mean would be off by
        Assert.All([0, 1], i => Assert.InRange(error[i], 0, spread[i] / 10));
    }

    [Fact]
    public void SameSeed_LearnsTheSame()
    {
        double[][] inputs = [[0, 1], [1, 0], [0.5, 0.5], [1, 1]];
        double[][] targets = [[1], [2], [1.5], [3]];
        double[] first = new double[1], second = new double[1];
        Regression.Learn(inputs, targets, 0.01, seed: 9).Predict([0.2, 0.3], first);
        Regression.Learn(inputs, targets, 0.01, seed: 9).Predict([0.2, 0.3], second);
        Assert.Equal(first, second);
    }

    [Fact]
    public void ColumnThatNeverChanges_DoesNoHarm()
    {
        double[][] inputs = [.. Enumerable.Range(0, 20).Select(i => new[] { i / 20.0, 1 })];
        Regression regression = Regression.Learn(inputs, [.. inputs.Select(x => new[] { 3 * x[0], 7 })], weightDecay: 0, seed: 2);
        double[] output = new double[2];
        regression.Predict([0.5, 1], output);
        Assert.Equal(1.5, output[0], 0.05);
        Assert.Equal(7, output[1], 0.01);
    }
}
