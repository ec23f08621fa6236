using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Joins the bytes for which the characters of all tokens stand.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    /// <summary>
    /// Returns the bytes that the characters of a token stand for. A token with any other character - an added token, as a rule - is
    /// its own text.
    /// </summary>
    /// <remarks>
    /// So the Rust library does it, and it asks the characters only, not the origin of the token: an added token which consists of
    /// characters of the alphabet, say U+00FC, is decoded to the byte FC.
    /// </remarks>
    public static byte[] GetBytes(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < token.Length; i++)
        {
            int b = ByteLevelAlphabet.FindByte(token[i]);
            if (b < 0)
            {
                return Encoding.UTF8.GetBytes(token);
            }

            bytes[i] = (byte)b;
        }

        return bytes;
    }

    public override List<string> Decode(List<string> tokens)
    {
        using MemoryStream bytes = new();
        foreach (string token in tokens)
        {
            bytes.Write(GetBytes(token));
        }

        return [Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length)];
    }
}
