namespace MoeGen.Testing;

/// <summary>Arithmetic of the reference: double precision, one element after the other.</summary>
internal static class Vectors
{
    public static double[] Multiply(float[] weight, double[] x)
    {
        double[] y = new double[weight.Length / x.Length];
        for (int row = 0; row < y.Length; row++)
        {
            for (int column = 0; column < x.Length; column++)
            {
                y[row] += weight[(row * x.Length) + column] * x[column];
            }
        }

        return y;
    }

    public static double[] Softmax(double[] x)
    {
        double maximum = x.Max();
        double[] e = [.. x.Select(v => Math.Exp(v - maximum))];
        double sum = e.Sum();
        return [.. e.Select(v => v / sum)];
    }

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    public static void Add(double[] y, double[] x, double factor = 1)
    {
        for (int i = 0; i < y.Length; i++)
        {
            y[i] += x[i] * factor;
        }
    }

    public static double[] RmsNorm(double[] x, float[]? weight, double epsilon)
    {
        double scale = 1 / Math.Sqrt(x.Average(v => v * v) + epsilon);
        return [.. x.Select((v, i) => v * scale * (weight?[i] ?? 1))];
    }

    public static double[] LayerNorm(double[] x, float[] weight, float[] bias, double epsilon)
    {
        double mean = x.Average();
        double scale = 1 / Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + epsilon);
        return [.. x.Select((v, i) => ((v - mean) * scale * weight[i]) + bias[i])];
    }
}
