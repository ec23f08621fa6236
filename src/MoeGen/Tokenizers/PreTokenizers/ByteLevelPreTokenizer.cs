using System.Buffers;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Cuts into words in the manner of GPT-2 and writes each as the characters that stand for its UTF-8 bytes.</summary>
/// <param name="addsPrefixSpace">Puts a space before every piece that does not start with one.</param>
/// <param name="usesRegex">Cuts into words first.</param>
internal sealed class ByteLevelPreTokenizer(bool addsPrefixSpace, bool usesRegex) : PreTokenizer
{
    // the pattern of GPT-2, which tokenizer files name only by "use_regex"
    private const string WordPattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly Lazy<SplitPreTokenizer> s_words =
        new(() => new SplitPreTokenizer(new CodePointRegex(WordPattern, "the ByteLevel word pattern"), SplitBehavior.Isolated, false));

    public override void Apply(PieceList pieces)
    {
        if (addsPrefixSpace)
        {
            AddPrefixSpaces(pieces);
        }

        if (usesRegex)
        {
            s_words.Value.Apply(pieces);
        }

        for (int i = 0; i < pieces.Count; i++)
        {
            ReadOnlySpan<char> piece = pieces[i];
            Span<char> room = pieces.BeginRewrite(ByteLevelAlphabet.MaxBytesPerChar * piece.Length);
            int numLeading = Encoding.UTF8.GetByteCount(piece[..Math.Min(pieces.NumLeading(i), piece.Length)]);
            pieces.EndRewrite(WriteBytes(piece, room), numLeading);
        }

        pieces.CommitRewrite();
    }

    private static void AddPrefixSpaces(PieceList pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            ReadOnlySpan<char> piece = pieces[i];
            int shift = piece[0] == ' ' ? 0 : 1;
            Span<char> room = pieces.BeginRewrite(piece.Length + shift);
            room[0] = ' ';
            piece.CopyTo(room[shift..]);
            pieces.EndRewrite(piece.Length + shift, pieces.NumLeading(i) > 0 ? pieces.NumLeading(i) + shift : 0);
        }

        pieces.CommitRewrite();
    }

    private static int WriteBytes(ReadOnlySpan<char> piece, Span<char> room)
    {
        ReadOnlySpan<char> alphabet = ByteLevelAlphabet.Characters;
        Span<byte> bytes = stackalloc byte[4];
        int length = 0;
        for (int i = 0; i < piece.Length; i++)
        {
            if (char.IsAscii(piece[i]))
            {
                room[length++] = alphabet[piece[i]];
                continue;
            }

            OperationStatus status = Rune.DecodeFromUtf16(piece[i..], out Rune rune, out int numChars);
            System.Diagnostics.Debug.Assert(status == OperationStatus.Done, "the text was made valid before it was cut");
            i += numChars - 1;
            foreach (byte b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                room[length++] = alphabet[b];
            }
        }

        return length;
    }
}
