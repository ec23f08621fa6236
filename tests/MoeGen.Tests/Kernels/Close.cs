namespace MoeGen.Tests.Kernels;

/// <summary>Comparison of float32 results with double references.</summary>
internal static class Close
{
    // n roundings of 2^-24 each on terms of about 1 stay below this for the lengths of these tests (up to 256)
    public const double RelativeTolerance = 3e-5;

    public static void Assert(double expected, float actual, string what) =>
        Xunit.Assert.True(
            Math.Abs(expected - actual) <= RelativeTolerance * Math.Max(1, Math.Abs(expected)),
            $"{what}: expected {expected}, got {actual}");

    public static void Assert(IReadOnlyList<double> expected, ReadOnlySpan<float> actual, string what)
    {
        Xunit.Assert.Equal(expected.Count, actual.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            Assert(expected[i], actual[i], $"{what}, element {i}");
        }
    }
}
