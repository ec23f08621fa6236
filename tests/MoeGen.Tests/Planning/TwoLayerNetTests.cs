using MoeGen.Planning;

namespace MoeGen.Tests.Planning;

public class TwoLayerNetTests
{
    [Fact]
    public void Gradient_IsWhatFiniteDifferencesSay()
    {
        const double Step = 1e-6;
        Random random = new(1);
        TwoLayerNet net = new(5, 7, 2, random);
        for (int example = 0; example < 5; example++)
        {
            double[] input = [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble() - 0.5)];
            double[] target = [random.NextDouble(), random.NextDouble()];
            double[] gradient = new double[net.Parameters.Length];
            net.AddGradient(input, target, gradient);
            for (int i = 0; i < gradient.Length; i++)
            {
                double value = net.Parameters[i];
                double[] unused = new double[gradient.Length];
                net.Parameters[i] = value + Step;
                double above = net.AddGradient(input, target, unused);
                net.Parameters[i] = value - Step;
                double below = net.AddGradient(input, target, unused);
                net.Parameters[i] = value;
                Assert.Equal((above - below) / (2 * Step), gradient[i], 1e-6);
            }

            Assert.Contains(gradient, slope => slope != 0);
        }
    }

    [Fact]
    public void Predict_IsTheFormula()
    {
        // one unit is on: relu(1*2 + 2*(-1) + 0.5) = 0.5; the other off: relu(-1*2 + 0 + 1) = 0; output 3 * 0.5 + 4 * 0 - 1 = 0.5
        TwoLayerNet net = new(2, 2, 1, new Random(0));
        double[] parameters = [1, 2, -1, 0, 0.5, 1, 3, 4, -1];
        parameters.CopyTo(net.Parameters, 0);
        double[] output = new double[1];
        net.Predict([2, -1], output);
        Assert.Equal([0.5], output);
    }
}
