namespace MoeGen.Tests.Kernels;

/// <summary>The error function in double precision, which .NET has not.</summary>
internal static class Erf
{
    /// <summary>Distribution of the standard normal: <c>(1 + erf(x / sqrt(2))) / 2</c>.</summary>
    public static double OfNormal(double x) => x < 0 ? Complement(-x / Math.Sqrt(2)) / 2 : 1 - (Complement(x / Math.Sqrt(2)) / 2);

    // Taylor series where it converges soon, Laplace's continued fraction in the tail (DLMF 7.6.1 and 7.9.1)
    private static double Complement(double z)
    {
        if (z < 2)
        {
            double term = z, sum = z;
            for (int n = 1; Math.Abs(term) > 1e-20; n++)
            {
                term *= -z * z / n;
                sum += term / ((2 * n) + 1);
            }

            return 1 - (2 / Math.Sqrt(Math.PI) * sum);
        }

        double fraction = z;
        for (int k = 100; k > 0; k--)
        {
            fraction = z + (k / 2.0 / fraction);
        }

        return Math.Exp(-z * z) / (Math.Sqrt(Math.PI) * fraction);
    }
}
