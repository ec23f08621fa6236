using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Tells the script of a code point, as far as UnicodeScripts distinguishes them.</summary>
internal static class Scripts
{
    /// <summary>A code point that goes with any script: the space, and what the table does not list.</summary>
    public const byte Any = 0;

    private const int NumCodePoints = 0x110000;

    private static readonly Lazy<byte[]> s_scripts = new(Read); // by code point

    /// <summary>Returns the number of a script.</summary>
    public static byte Find(Rune rune) => s_scripts.Value[rune.Value];

    private static byte[] Read()
    {
        byte[] scripts = new byte[NumCodePoints];
        byte number = Any;
        foreach (string ranges in Encoding.ASCII.GetString(ScriptData.Scripts).Split('|'))
        {
            number++;
            foreach ((int first, int last) in CodePointSet.ReadRanges(ranges))
            {
                scripts.AsSpan(first, last - first + 1).Fill(number);
            }
        }

        return scripts;
    }
}
