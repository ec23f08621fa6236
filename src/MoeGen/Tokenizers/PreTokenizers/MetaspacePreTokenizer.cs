using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Writes spaces as a visible character, puts one before a text, and cuts before each.</summary>
/// <param name="replacement">The character for a space: U+2581 in all published files.</param>
/// <param name="scheme">Where one is put that the text does not have.</param>
/// <param name="splits">Cuts before each of them.</param>
internal sealed class MetaspacePreTokenizer(Rune replacement, PrependScheme scheme, bool splits) : PreTokenizer
{
    private readonly string _replacement = replacement.ToString();

    public override void Apply(PieceList pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            Rewrite(pieces, i);
        }

        pieces.CommitRewrite();
        if (splits)
        {
            Split(pieces);
        }
    }

    private void Rewrite(PieceList pieces, int index)
    {
        ReadOnlySpan<char> piece = pieces[index];
        int numLeading = pieces.NumLeading(index);
        bool isPrepended = scheme switch
        {
            PrependScheme.Always => true,
            PrependScheme.First => numLeading > 0,
            _ => false,
        };
        isPrepended &= piece[0] != ' ' && !piece.StartsWith(_replacement, StringComparison.Ordinal);

        LeadingChars leading = new(numLeading);
        Span<char> room = pieces.BeginRewrite((piece.Length + 1) * _replacement.Length);
        int length = 0;
        if (isPrepended)
        {
            _replacement.CopyTo(room);
            length = _replacement.Length;
            leading.Replace(0, length);
        }

        for (int i = 0; i < piece.Length; i++)
        {
            if (piece[i] == ' ')
            {
                _replacement.CopyTo(room[length..]);
                length += _replacement.Length;
                leading.Replace(i, _replacement.Length);
            }
            else
            {
                room[length++] = piece[i];
                leading.Copy(i, 1);
            }
        }

        pieces.EndRewrite(length, leading.Count);
    }

    private void Split(PieceList pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            ReadOnlySpan<char> piece = pieces[i];
            int start = 0;
            for (int at = 0; piece[at..].IndexOf(_replacement, StringComparison.Ordinal) is int offset and >= 0; at += _replacement.Length)
            {
                at += offset;
                pieces.Cut(i, new TextRange(start, at - start));
                start = at;
            }

            pieces.Cut(i, new TextRange(start, piece.Length - start));
        }

        pieces.CommitCuts();
    }
}
