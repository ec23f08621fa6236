using System.Buffers.Binary;
using System.Text.Unicode;

namespace MoeGen.Tokenizers;

/// <summary>
/// The <c>precompiled_charsmap</c> of SentencePiece: a trie over UTF-8 whose values point into a block of texts, each ended by a NUL.
/// </summary>
/// <remarks>
/// The layout is that of sentencepiece's normalizer.cc: the length of the trie in bytes as a 32-bit number, little-endian like all, its
/// units, and the texts. The trie is a double array of darts-clone: bits 0 to 7 of a unit are a label, bit 8 says that the node has a
/// value, bits 10 to 30 are an offset, 256 times as large when bit 9 is set, and a unit with bit 31 is a value. Immutable.
/// </remarks>
internal sealed class CharacterMap
{
    /// <summary>The longest text in UTF-8; the longest that Unicode knows, for U+FDFA, has 33.</summary>
    public const int MaxTextBytes = 256;

    private const uint ValueMark = 1u << 31;
    private const uint LabelMask = 0xFF;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    private CharacterMap(uint[] units, byte[] texts)
    {
        _units = units;
        _texts = texts;
    }

    /// <summary>Reads a map.</summary>
    /// <param name="node">A string with the map in base64.</param>
    /// <exception cref="TokenizerFormatException">It is damaged.</exception>
    public static CharacterMap Read(TokenizerNode node)
    {
        string base64 = node.AsText();
        byte[] blob = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, blob, out int length))
        {
            throw node.Fault("is no base64");
        }

        ReadOnlySpan<byte> bytes = blob.AsSpan(0, length);
        if (bytes.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) > bytes.Length - sizeof(uint))
        {
            throw node.Fault($"has {bytes.Length} bytes, fewer than the trie at its start needs");
        }

        uint[] units = new uint[BinaryPrimitives.ReadUInt32LittleEndian(bytes) / sizeof(uint)];
        bytes = bytes[sizeof(uint)..];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            bytes = bytes[sizeof(uint)..];
        }

        RequireTexts(node, bytes);
        return new CharacterMap(units, bytes.ToArray());
    }

    /// <summary>Finds what a piece of text becomes.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="replacement">The UTF-8 for the shortest start of <paramref name="text"/> that the map has.</param>
    /// <returns>Whether the map has any.</returns>
    public bool TryFind(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        uint at = 0;
        bool isThere = TryStep(ref at, out _);
        for (int i = 0; isThere && i < text.Length; i++)
        {
            at ^= text[i];
            isThere = text[i] != 0 && at < _units.Length && (_units[at] & (ValueMark | LabelMask)) == text[i];
            if (isThere && TryStep(ref at, out bool hasValue) && hasValue)
            {
                return TryGetText(_units[at] & ~ValueMark, out replacement);
            }
        }

        return false;
    }

    // from a node to the place of its value, to which the labels of its children are added; false when that is outside
    private bool TryStep(ref uint at, out bool hasValue)
    {
        uint unit = at < _units.Length ? _units[at] : 0;
        hasValue = (unit >> 8 & 1) != 0;
        at ^= (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
        return at < _units.Length;
    }

    private bool TryGetText(uint start, out ReadOnlySpan<byte> text)
    {
        text = start < _texts.Length ? _texts.AsSpan((int)start) : default;
        int end = text.IndexOf((byte)0);
        text = end < 0 ? text : text[..end];
        return start <= _texts.Length;
    }

    private static void RequireTexts(TokenizerNode node, ReadOnlySpan<byte> texts)
    {
        if (!Utf8.IsValid(texts))
        {
            throw node.Fault("has texts that are not valid UTF-8");
        }

        while (!texts.IsEmpty)
        {
            int end = texts.IndexOf((byte)0);
            int length = end < 0 ? texts.Length : end;
            if (length > MaxTextBytes)
            {
                throw node.Fault($"has a text of {length} bytes; supported are up to {MaxTextBytes}");
            }

            texts = texts[Math.Min(texts.Length, length + 1)..];
        }
    }
}
