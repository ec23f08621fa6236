namespace MoeGen.Planning;

/// <summary>A function of some numbers that a <see cref="TwoLayerNet"/> has learnt from examples by least squares. One thread at a time.</summary>
internal sealed class Regression
{
    private const int Hidden = 16;
    private const int Steps = 2000;
    private const double Rate = 0.01;

    private readonly TwoLayerNet _net;
    private readonly Standardization _inputs;
    private readonly Standardization _targets;
    private readonly double[] _input; // [inputs], standardised

    private Regression(TwoLayerNet net, Standardization inputs, Standardization targets)
    {
        _net = net;
        _inputs = inputs;
        _targets = targets;
        _input = new double[net.NumInputs];
    }

    /// <summary>Learns from examples, all of them in each step.</summary>
    /// <param name="inputs">[examples][inputs].</param>
    /// <param name="targets">[examples][outputs].</param>
    /// <param name="weightDecay">What keeps a net small that has few examples.</param>
    /// <param name="seed">The same seed gives the same net.</param>
    /// <param name="cancellationToken">Stops learning.</param>
    public static Regression Learn(
        IReadOnlyList<double[]> inputs, IReadOnlyList<double[]> targets, double weightDecay, int seed,
        CancellationToken cancellationToken = default)
    {
        Standardization ofInputs = new(inputs), ofTargets = new(targets);
        double[][] xs = [.. inputs.Select(row => Standardized(ofInputs, row))];
        double[][] ys = [.. targets.Select(row => Standardized(ofTargets, row))];
        TwoLayerNet net = new(inputs[0].Length, Hidden, targets[0].Length, new Random(seed));
        Adam adam = new(net.Parameters.Length, weightDecay);
        double[] gradient = new double[net.Parameters.Length];
        for (int step = 0; step < Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(gradient);
            for (int i = 0; i < xs.Length; i++)
            {
                net.AddGradient(xs[i], ys[i], gradient);
            }

            for (int i = 0; i < gradient.Length; i++)
            {
                gradient[i] /= xs.Length;
            }

            // the rate falls to 0 along half a cosine: large steps first, then none that overshoot
            adam.Step(net.Parameters, gradient, Rate * (1 + Math.Cos(Math.PI * step / Steps)) / 2);
        }

        return new Regression(net, ofInputs, ofTargets);
    }

    /// <summary>Computes the function.</summary>
    /// <param name="input">[inputs].</param>
    /// <param name="output">Receives [outputs].</param>
    public void Predict(ReadOnlySpan<double> input, Span<double> output)
    {
        _inputs.Apply(input, _input);
        _net.Predict(_input, output);
        _targets.Undo(output);
    }

    private static double[] Standardized(Standardization standardization, double[] row)
    {
        double[] result = new double[row.Length];
        standardization.Apply(row, result);
        return result;
    }
}
