namespace MoeGen.Tokenizers;

/// <summary>The best way found so far to every position of a text. Scratch of one call.</summary>
internal sealed class UnigramPath
{
    private const int Unreached = -1;

    private double[] _scores = new double[64]; // by position: sum of the scores of the tokens that lead there
    private int[] _starts = new int[64]; // by position: where the last of these tokens starts
    private int[] _ids = new int[64]; // by position: the last of these tokens

    /// <summary>Starts over with a text of some length.</summary>
    public void Clear(int length)
    {
        if (_scores.Length <= length)
        {
            int capacity = Math.Max(length + 1, 2 * _scores.Length);
            _scores = new double[capacity];
            _starts = new int[capacity];
            _ids = new int[capacity];
        }

        _scores[0] = 0;
        _starts.AsSpan(0, length + 1).Fill(Unreached);
    }

    /// <summary>Whether a token leads to a position by a higher sum than what led there before.</summary>
    public bool IsBetter(int start, int end, double score) => _starts[end] == Unreached || _scores[start] + score > _scores[end];

    /// <summary>Goes from one position to another by a token.</summary>
    public void Step(int start, int end, int id, double score)
    {
        _scores[end] = _scores[start] + score;
        _starts[end] = start;
        _ids[end] = id;
    }

    /// <summary>Returns the token that leads to a position, and where it starts.</summary>
    public (int Start, int Id) Last(int end) => (_starts[end], _ids[end]);
}
