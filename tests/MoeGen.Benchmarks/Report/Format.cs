using System.Globalization;

namespace MoeGen.Benchmarks.Report;

/// <summary>How the pages write numbers.</summary>
internal static class Format
{
    private const double BytesPerMegabyte = 1e6;
    private const double BytesPerMebibyte = 1 << 20;

    public static string Number(double value, int decimals = 0) => value.ToString("N" + decimals, CultureInfo.InvariantCulture);

    /// <summary>Three digits, or all in front of the point: 0.123, 12.3, 1,234.</summary>
    public static string Digits(double value) => Number(value, Math.Abs(value) switch { >= 100 => 0, >= 10 => 1, >= 1 => 2, _ => 3 });

    public static string Megabytes(double bytes) => Digits(bytes / BytesPerMegabyte);

    public static string Mebibytes(double bytes) => Number(bytes / BytesPerMebibyte);

    /// <summary>0.123: 12.3.</summary>
    public static string Percent(double share) => Number(100 * share, 1);

    /// <summary>-0.123: −12 %.</summary>
    public static string Difference(double? share)
    {
        if (share is not { } value)
        {
            return "–";
        }

        double percent = Math.Round(100 * value);
        return (percent > 0 ? "+" : percent < 0 ? "−" : "±") + Number(Math.Abs(percent)) + " %";
    }
}
