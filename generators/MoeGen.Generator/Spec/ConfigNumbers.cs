using System;
using System.Globalization;

namespace MoeGen.Generator.Spec;

/// <summary>Numbers of config.json, read the same in every culture.</summary>
internal static class ConfigNumbers
{
    /// <summary>An integer; also one written as <c>8.0</c> or <c>1e6</c>, as some published configs do.</summary>
    public static bool TryParseInteger(string text, out decimal value) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && decimal.Truncate(value) == value;

    public static bool TryParseDouble(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
        && !double.IsNaN(value)
        && !double.IsInfinity(value);

    public static bool AreEqual(string a, string b) =>
        TryParseDouble(a, out double x) && TryParseDouble(b, out double y) && Math.Abs(x - y) == 0;

    /// <summary>The shortest text that reads back as the same double.</summary>
    public static string Format(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Format(long value) => value.ToString(CultureInfo.InvariantCulture);
}
