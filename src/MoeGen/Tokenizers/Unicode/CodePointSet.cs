using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>A set of code points, one bit each. Immutable.</summary>
internal sealed class CodePointSet
{
    private const int NumCodePoints = 0x110000;
    private const int BitsPerWord = 64;

    private readonly ulong[] _bits = new ulong[NumCodePoints / BitsPerWord];

    /// <summary>Reads a set.</summary>
    /// <param name="data">Hexadecimal code points and <c>first-last</c> ranges between white space.</param>
    public CodePointSet(ReadOnlySpan<byte> data)
    {
        foreach ((int first, int last) in ReadRanges(Encoding.ASCII.GetString(data)))
        {
            for (int code = first; code <= last; code++)
            {
                _bits[code / BitsPerWord] |= 1UL << (code % BitsPerWord);
            }
        }
    }

    public bool Contains(Rune rune) => (_bits[rune.Value / BitsPerWord] >> (rune.Value % BitsPerWord) & 1) != 0;

    /// <summary>Reads ranges as the constructor takes them.</summary>
    public static IEnumerable<(int First, int Last)> ReadRanges(string data)
    {
        foreach (string entry in data.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] range = entry.Split('-');
            yield return (Hex(range[0]), Hex(range[^1]));
        }
    }

    private static int Hex(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
