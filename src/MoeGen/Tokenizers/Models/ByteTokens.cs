using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>The tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, with which a model spells characters that it has no token for.</summary>
internal sealed class ByteTokens
{
    private const int NoToken = -1;

    private readonly int[] _ids = new int[256]; // by byte

    public ByteTokens(Vocabulary vocabulary)
    {
        for (int b = 0; b < _ids.Length; b++)
        {
            string token = string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>");
            _ids[b] = vocabulary.TryGetId(token, out int id) ? id : NoToken;
        }
    }

    /// <summary>Passes on the tokens of the UTF-8 of a text, if there is one for every byte.</summary>
    /// <returns>Whether there is.</returns>
    public bool TrySpell(ReadOnlySpan<char> text, List<int> ids)
    {
        int count = ids.Count;
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            foreach (byte b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                if (_ids[b] == NoToken)
                {
                    ids.RemoveRange(count, ids.Count - count);
                    return false;
                }

                ids.Add(_ids[b]);
            }
        }

        return true;
    }
}
