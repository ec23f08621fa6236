namespace MoeGen.Planning;

/// <summary>Adam with decoupled weight decay (arXiv 1412.6980 and 1711.05101), in double precision.</summary>
/// <param name="numParameters">Parameters to train.</param>
/// <param name="weightDecay">How much of itself a parameter loses for a step of rate 1.</param>
internal sealed class Adam(int numParameters, double weightDecay)
{
    // the paper's
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly double[] _means = new double[numParameters];
    private readonly double[] _squares = new double[numParameters];
    private int _steps;

    /// <summary>Makes one step against a gradient.</summary>
    /// <param name="parameters">Changed in place.</param>
    /// <param name="gradient">Of the loss, one for each parameter.</param>
    /// <param name="rate">Learning rate.</param>
    public void Step(Span<double> parameters, ReadOnlySpan<double> gradient, double rate)
    {
        _steps++;
        double meanShare = 1 - Math.Pow(Beta1, _steps), squareShare = 1 - Math.Pow(Beta2, _steps);
        for (int i = 0; i < parameters.Length; i++)
        {
            _means[i] = (Beta1 * _means[i]) + ((1 - Beta1) * gradient[i]);
            _squares[i] = (Beta2 * _squares[i]) + ((1 - Beta2) * gradient[i] * gradient[i]);
            double step = _means[i] / meanShare / (Math.Sqrt(_squares[i] / squareShare) + Epsilon);
            parameters[i] -= rate * (step + (weightDecay * parameters[i]));
        }
    }
}
