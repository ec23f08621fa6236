using System.Globalization;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit;

/// <summary>Numbers and sets as the summaries of generated code put them.</summary>
internal static class Words
{
    /// <summary>Bytes in decimal units, one digit behind the point: <c>9.4 MB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1_000_000_000 => Format(bytes / 1e9, "GB"),
        >= 1_000_000 => Format(bytes / 1e6, "MB"),
        >= 1_000 => Format(bytes / 1e3, "kB"),
        _ => bytes.ToString(CultureInfo.InvariantCulture) + " bytes",
    };

    /// <summary>A number of parameters: <c>30.5 B</c>.</summary>
    public static string Parameters(long count) => count >= 1_000_000_000 ? Format(count / 1e9, "B") : Format(count / 1e6, "M");

    /// <summary>A float constant in C#.</summary>
    public static string Float(double value) => ((float)value).ToString("R", CultureInfo.InvariantCulture) + "f";

    /// <summary>The layers of a kind: <c>all 48</c>, <c>12 of 48</c>.</summary>
    public static string Layers(int count, int numLayers) => count == numLayers ? $"all {numLayers}" : $"{count} of {numLayers}";

    /// <summary>A list of integers as a C# collection; a run of consecutive ones is written as a range.</summary>
    public static string Collection(EquatableArray<int> values)
    {
        bool isRun = values.Count > 2 && Enumerable.Range(0, values.Count).All(i => values[i] == values[0] + i);
        return isRun
            ? $"[.. global::System.Linq.Enumerable.Range({values[0]}, {values.Count})]"
            : "[" + string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)).ToArray()) + "]";
    }

    private static string Format(double value, string unit) => value.ToString("F1", CultureInfo.InvariantCulture) + " " + unit;
}
