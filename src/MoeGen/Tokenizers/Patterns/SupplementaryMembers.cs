using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// The code points above U+FFFF that a pattern names, and a char for each kind of them: those of one category that the same ranges of
/// the pattern hold. The chars are halves of surrogate pairs, which no valid text has by itself, so that a class can list them.
/// </summary>
internal sealed class SupplementaryMembers
{
    private const int FirstSupplementary = 0x10000;

    // by UnicodeCategory
    private static readonly string[] s_categoryNames =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private readonly List<(int First, int Last)> _parts = []; // ranges cut where one starts or ends, sorted, that the pattern names
    private readonly Dictionary<(int Part, UnicodeCategory Category, bool IsHan), char> _chars = [];

    /// <summary>Chooses the chars.</summary>
    /// <param name="ranges">What the pattern names, above U+FFFF.</param>
    /// <param name="origin">File and JSON path, for errors.</param>
    /// <exception cref="TokenizerFormatException">There are more kinds than halves.</exception>
    public SupplementaryMembers(IReadOnlyList<(int First, int Last)> ranges, string origin)
    {
        int[] starts = [.. ranges.SelectMany(range => new[] { range.First, range.Last + 1 }).Distinct().Order()];
        for (int i = 0; i + 1 < starts.Length; i++)
        {
            if (ranges.Any(range => range.First <= starts[i] && starts[i] <= range.Last))
            {
                _parts.Add((starts[i], starts[i + 1] - 1));
            }
        }

        for (int part = 0; part < _parts.Count; part++)
        {
            for (int code = _parts[part].First; code <= _parts[part].Last; code++)
            {
                if (_chars.TryAdd(Kind(part, code), (char)('\uD800' + _chars.Count)) && _chars.Count > '\uDFFF' - '\uD800')
                {
                    throw new TokenizerFormatException($"{origin} names more ranges above U+FFFF than are supported");
                }
            }
        }
    }

    /// <summary>Whether the pattern names none.</summary>
    public bool IsEmpty => _parts.Count == 0;

    /// <summary>The names of all general categories but Cs, which no valid text has.</summary>
    public static IEnumerable<string> CategoryNames => s_categoryNames.Where(name => name != "Cs");

    /// <summary>Returns the chars for a range that the pattern names.</summary>
    public string InRange(int first, int last) =>
        Chars(kind => _parts[kind.Part].First >= first && _parts[kind.Part].Last <= last);

    /// <summary>Returns the chars for a general category, such as L or Lu.</summary>
    public string InCategory(string name) =>
        Chars(kind => s_categoryNames[(int)kind.Category].StartsWith(name, StringComparison.Ordinal));

    /// <summary>Returns the chars for the script Han.</summary>
    public string InHan() => Chars(kind => kind.IsHan);

    /// <summary>Returns the char for a code point, or null when the pattern does not name it.</summary>
    public char? Find(int code)
    {
        for (int part = 0; code >= FirstSupplementary && part < _parts.Count; part++)
        {
            if (code >= _parts[part].First && code <= _parts[part].Last)
            {
                return _chars[Kind(part, code)];
            }
        }

        return null;
    }

    private static (int Part, UnicodeCategory Category, bool IsHan) Kind(int part, int code)
    {
        UnicodeCategory category = Rune.GetUnicodeCategory(new Rune(code));
        return (part, category, category == UnicodeCategory.OtherLetter && HanScript.IsSupplementaryIdeograph(code));
    }

    private string Chars(Func<(int Part, UnicodeCategory Category, bool IsHan), bool> isMember) =>
        string.Concat(_chars.Where(entry => isMember(entry.Key)).Select(entry => $"\\u{(int)entry.Value:X4}"));
}
