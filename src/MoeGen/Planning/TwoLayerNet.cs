namespace MoeGen.Planning;

/// <summary>
/// Two fully connected layers with ReLU between them, in double precision: <c>y = W2 relu(W1 x + b1) + b2</c>. All parameters lie in one
/// array, so that a trainer need not know what they are.
/// </summary>
internal sealed class TwoLayerNet
{
    private readonly double[] _activations; // [NumHidden] of the last input
    private readonly double[] _errors; // [NumOutputs]

    /// <summary>Makes a net with random weights (He's initialisation) and biases of 0.</summary>
    public TwoLayerNet(int numInputs, int numHidden, int numOutputs, Random random)
    {
        (NumInputs, NumHidden, NumOutputs) = (numInputs, numHidden, numOutputs);
        Parameters = new double[(numHidden * (numInputs + 1)) + (numOutputs * (numHidden + 1))];
        _activations = new double[numHidden];
        _errors = new double[numOutputs];
        Fill(Parameters.AsSpan(0, numHidden * numInputs), Math.Sqrt(2.0 / numInputs), random);
        Fill(Parameters.AsSpan(OutputWeights, numOutputs * numHidden), Math.Sqrt(1.0 / numHidden), random);
    }

    /// <summary>Elements of an input.</summary>
    public int NumInputs { get; }

    /// <summary>Units between the layers.</summary>
    public int NumHidden { get; }

    /// <summary>Elements of an output.</summary>
    public int NumOutputs { get; }

    /// <summary>W1 [hidden, inputs], b1 [hidden], W2 [outputs, hidden], b2 [outputs], one behind the other, row-major.</summary>
    public double[] Parameters { get; }

    private int HiddenBiases => NumHidden * NumInputs;

    private int OutputWeights => HiddenBiases + NumHidden;

    private int OutputBiases => OutputWeights + (NumOutputs * NumHidden);

    /// <summary>Computes an output.</summary>
    /// <param name="input">[NumInputs].</param>
    /// <param name="output">Receives [NumOutputs].</param>
    public void Predict(ReadOnlySpan<double> input, Span<double> output)
    {
        for (int unit = 0; unit < NumHidden; unit++)
        {
            double sum = Parameters[HiddenBiases + unit] + Dot(Parameters.AsSpan(unit * NumInputs, NumInputs), input);
            _activations[unit] = Math.Max(0, sum);
        }

        for (int i = 0; i < NumOutputs; i++)
        {
            output[i] = Parameters[OutputBiases + i] + Dot(Parameters.AsSpan(OutputWeights + (i * NumHidden), NumHidden), _activations);
        }
    }

    /// <summary>Adds the gradient of half the squared error of one example.</summary>
    /// <param name="input">[NumInputs].</param>
    /// <param name="target">[NumOutputs].</param>
    /// <param name="gradient">As <see cref="Parameters"/>; added to.</param>
    /// <returns>Half the squared error.</returns>
    public double AddGradient(ReadOnlySpan<double> input, ReadOnlySpan<double> target, Span<double> gradient)
    {
        Predict(input, _errors);
        double loss = 0;
        for (int i = 0; i < NumOutputs; i++)
        {
            _errors[i] -= target[i];
            loss += _errors[i] * _errors[i] / 2;
            gradient[OutputBiases + i] += _errors[i];
        }

        for (int unit = 0; unit < NumHidden; unit++)
        {
            double slope = 0;
            for (int i = 0; i < NumOutputs; i++)
            {
                int weight = OutputWeights + (i * NumHidden) + unit;
                gradient[weight] += _errors[i] * _activations[unit];
                slope += _errors[i] * Parameters[weight];
            }

            if (_activations[unit] > 0)
            {
                gradient[HiddenBiases + unit] += slope;
                for (int i = 0; i < NumInputs; i++)
                {
                    gradient[(unit * NumInputs) + i] += slope * input[i];
                }
            }
        }

        return loss;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    // normal distribution (Box and Muller)
    private static void Fill(Span<double> values, double deviation, Random random)
    {
        foreach (ref double value in values)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            value = deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble());
        }
    }
}
