using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Replaces characters by a map that was compiled into the file; SentencePiece models bring their normalization so.</summary>
/// <remarks>
/// As in the Rust library (spm_precompiled), what the map has for the first characters of a short grapheme cluster takes the place of all
/// of it, marks included; longer clusters go code point by code point.
/// </remarks>
internal sealed class PrecompiledNormalizer(CharacterMap map) : Normalizer
{
    private const int MaxClusterBytes = 5;

    public override string Normalize(string text, ref int numLeading)
    {
        StringBuilder output = new(text.Length);
        LeadingChars leading = new(numLeading);
        Span<byte> bytes = stackalloc byte[MaxClusterBytes];
        Span<char> chars = stackalloc char[CharacterMap.MaxTextBytes];
        for (int start = 0; start < text.Length;)
        {
            // a cluster that does not fit is too long to be replaced whole
            int stop = start + StringInfo.GetNextTextElementLength(text.AsSpan(start));
            bool isShort = Encoding.UTF8.TryGetBytes(text.AsSpan(start, stop - start), bytes, out int numBytes);
            if (isShort && map.TryFind(bytes[..numBytes], out ReadOnlySpan<byte> whole))
            {
                int numChars = Encoding.UTF8.GetChars(whole, chars);
                output.Append(chars[..numChars]);
                leading.Replace(start, numChars);
                start = stop;
            }

            while (start < stop)
            {
                Rune rune = Rune.GetRuneAt(text, start);
                if (map.TryFind(bytes[..rune.EncodeToUtf8(bytes)], out ReadOnlySpan<byte> part))
                {
                    int numChars = Encoding.UTF8.GetChars(part, chars);
                    output.Append(chars[..numChars]);
                    leading.Replace(start, numChars);
                }
                else
                {
                    output.AppendRune(rune);
                    leading.Copy(start, rune.Utf16SequenceLength);
                }

                start += rune.Utf16SequenceLength;
            }
        }

        numLeading = leading.Count;
        return output.ToString();
    }
}
