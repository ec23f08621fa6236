using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Joins runs of tokens that stand for bytes, <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, to characters.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Returns the byte that a token stands for, or -1.</summary>
    public static int FindByte(string token)
    {
        const int Length = 6;
        if (token.Length != Length || !token.StartsWith("<0x", StringComparison.Ordinal) || token[^1] != '>')
        {
            return -1;
        }

        // the Rust library takes a plus for a sign, so that <0x+A> is a line feed
        ReadOnlySpan<char> digits = token.AsSpan(3, 2);
        digits = digits[0] == '+' ? digits[1..] : digits;
        return byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b) ? b : -1;
    }

    public override List<string> Decode(List<string> tokens)
    {
        List<string> decoded = new(tokens.Count);
        List<byte> run = [];
        foreach (string token in tokens)
        {
            int b = FindByte(token);
            if (b >= 0)
            {
                run.Add((byte)b);
                continue;
            }

            EndRun();
            decoded.Add(token);
        }

        EndRun();
        return decoded;

        // one byte that does not fit makes replacement characters of all bytes of the run
        void EndRun()
        {
            try
            {
                if (run.Count != 0)
                {
                    decoded.Add(s_strict.GetString([.. run]));
                }
            }
            catch (DecoderFallbackException)
            {
                decoded.AddRange(Enumerable.Repeat("\uFFFD", run.Count));
            }

            run.Clear();
        }
    }
}
