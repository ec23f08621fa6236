using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// The tables behind the Unicode normalization forms. .NET leaves normalization to ICU and, in invariant globalization mode, returns
/// every string as it is; token ids must not depend on that, so MoeGen brings its own.
/// </summary>
/// <remarks>
/// The version is Unicode 9.0.0, that of the Rust library with which models are trained: a newer one would order marks differently that
/// this one does not know. The text in <see cref="UnicodeData"/> was derived from the Unicode Character Database (UnicodeData.txt fields
/// 3 and 5, CompositionExclusions.txt), copyright Unicode, Inc., Unicode License v3, https://www.unicode.org/license.txt. Hangul
/// syllables are not in it: they follow from arithmetic, see <see cref="UnicodeNormalization"/>.
/// </remarks>
internal static class UnicodeTables
{
    private static readonly Lazy<Dictionary<int, int[]>> s_canonical = new(ReadCanonical);
    private static readonly Lazy<Dictionary<int, int[]>> s_compatibility = new(ReadCompatibility);
    private static readonly Lazy<Dictionary<(int First, int Second), int>> s_compositions = new(ReadCompositions);
    private static readonly Lazy<Dictionary<int, byte>> s_combiningClasses = new(ReadCombiningClasses);

    /// <summary>Full canonical decomposition of every code point that has one.</summary>
    public static Dictionary<int, int[]> Canonical => s_canonical.Value;

    /// <summary>Full compatibility decomposition of every code point that has one; includes the canonical ones.</summary>
    public static Dictionary<int, int[]> Compatibility => s_compatibility.Value;

    /// <summary>The code point that two others compose to.</summary>
    public static Dictionary<(int First, int Second), int> Compositions => s_compositions.Value;

    /// <summary>Canonical combining classes; a code point that is not here has class 0.</summary>
    public static Dictionary<int, byte> CombiningClasses => s_combiningClasses.Value;

    private static Dictionary<int, int[]> ReadCanonical() => Expand(ReadDecompositions(UnicodeData.CanonicalDecompositions));

    private static Dictionary<int, int[]> ReadCompatibility()
    {
        Dictionary<int, int[]> steps = ReadDecompositions(UnicodeData.CanonicalDecompositions);
        foreach ((int code, int[] parts) in ReadDecompositions(UnicodeData.CompatibilityDecompositions))
        {
            steps.Add(code, parts);
        }

        return Expand(steps);
    }

    private static Dictionary<int, int[]> ReadDecompositions(ReadOnlySpan<byte> data)
    {
        Dictionary<int, int[]> steps = [];
        foreach (string entry in Entries(data))
        {
            string[] sides = entry.Split('=', '!');
            string[] run = sides[0].Split('*');
            int[] parts = Array.ConvertAll(sides[1].Split('+'), Hex);
            int count = run.Length == 2 ? Hex(run[1]) : 1;
            for (int i = 0; i < count; i++)
            {
                steps.Add(Hex(run[0]) + i, count == 1 ? parts : [parts[0] + i]);
            }
        }

        return steps;
    }

    // a part may itself decompose; what is published is one step
    private static Dictionary<int, int[]> Expand(Dictionary<int, int[]> steps)
    {
        return steps.ToDictionary(step => step.Key, step => ExpandOne(step.Key).ToArray());

        IEnumerable<int> ExpandOne(int code) => steps.TryGetValue(code, out int[]? parts) ? parts.SelectMany(ExpandOne) : [code];
    }

    private static Dictionary<(int First, int Second), int> ReadCompositions()
    {
        Dictionary<(int First, int Second), int> compositions = [];
        foreach (string entry in Entries(UnicodeData.CanonicalDecompositions))
        {
            string[] sides = entry.Split('=');
            if (sides.Length == 2)
            {
                string[] parts = sides[1].Split('+');
                compositions.Add((Hex(parts[0]), Hex(parts[1])), Hex(sides[0]));
            }
        }

        return compositions;
    }

    private static Dictionary<int, byte> ReadCombiningClasses()
    {
        Dictionary<int, byte> classes = [];
        foreach (string entry in Entries(UnicodeData.CombiningClasses))
        {
            string[] sides = entry.Split('=');
            string[] range = sides[0].Split('-');
            for (int code = Hex(range[0]); code <= Hex(range[^1]); code++)
            {
                classes.Add(code, (byte)Hex(sides[1]));
            }
        }

        return classes;
    }

    private static string[] Entries(ReadOnlySpan<byte> data) =>
        Encoding.ASCII.GetString(data).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
