namespace MoeGen.Tokenizers;

/// <summary>
/// A text and the pieces it is cut into, handed from one pre-tokenizer to the next. A stage reads the pieces, builds the next list
/// beside them, and commits it.
/// </summary>
/// <remarks>Scratch of one call: not thread-safe, reused for every segment of a text.</remarks>
internal sealed class PieceList
{
    private char[] _text = [];
    private List<Piece> _pieces = [];

    private char[] _nextText = [];
    private int _nextTextLength;
    private List<Piece> _nextPieces = [];

    public int Count => _pieces.Count;

    /// <summary>Scratch for the stage that is at work.</summary>
    public List<TextRange> Matches { get; } = [];

    /// <summary>Returns the text of a piece; never empty, valid until the next commit.</summary>
    public ReadOnlySpan<char> this[int index] => _text.AsSpan(_pieces[index].Range.Start, _pieces[index].Range.Length);

    /// <summary>How many chars at the start of a piece stem from the first character of the text as given.</summary>
    public int NumLeading(int index) => _pieces[index].NumLeading;

    /// <summary>Starts over with one piece: all of a text.</summary>
    public void Reset(ReadOnlySpan<char> text, int numLeading)
    {
        _pieces.Clear();
        text.CopyTo(Grow(ref _text, 0, text.Length));
        if (text.Length != 0)
        {
            _pieces.Add(new Piece(new TextRange(0, text.Length), numLeading));
        }
    }

    /// <summary>Appends part of a piece to the next list, over the same text.</summary>
    /// <param name="index">The piece.</param>
    /// <param name="part">Positions within the piece; an empty part is left out.</param>
    public void Cut(int index, TextRange part)
    {
        if (part.Length != 0)
        {
            Piece piece = _pieces[index];
            int numLeading = Math.Clamp(piece.NumLeading - part.Start, 0, part.Length);
            _nextPieces.Add(new Piece(new TextRange(piece.Range.Start + part.Start, part.Length), numLeading));
        }
    }

    /// <summary>Makes the parts of <see cref="Cut"/> the current pieces.</summary>
    public void CommitCuts()
    {
        (_pieces, _nextPieces) = (_nextPieces, _pieces);
        _nextPieces.Clear();
    }

    /// <summary>Returns room for the text that takes the place of a piece; <see cref="EndRewrite"/> says how much of it was used.</summary>
    public Span<char> BeginRewrite(int maxLength) => Grow(ref _nextText, _nextTextLength, maxLength);

    /// <summary>Appends the text that was written into the room of <see cref="BeginRewrite"/> as the next piece.</summary>
    public void EndRewrite(int length, int numLeading)
    {
        _nextPieces.Add(new Piece(new TextRange(_nextTextLength, length), numLeading));
        _nextTextLength += length;
    }

    /// <summary>Makes the rewritten text and its pieces the current ones.</summary>
    public void CommitRewrite()
    {
        (_text, _nextText) = (_nextText, _text);
        _nextTextLength = 0;
        CommitCuts();
    }

    private static Span<char> Grow(ref char[] text, int used, int needed)
    {
        if (text.Length - used < needed)
        {
            Array.Resize(ref text, Math.Max(used + needed, Math.Max(256, 2 * used)));
        }

        return text.AsSpan(used);
    }
}
