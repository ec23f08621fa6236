namespace MoeGen.Tokenizers;

/// <summary>
/// Follows how many chars at the start of a text stem from the first character of the text as given, while a normalizer rewrites it from
/// left to right.
/// </summary>
/// <param name="numLeading">How many there are before the rewrite.</param>
internal struct LeadingChars(int numLeading)
{
    private bool _isOver;

    /// <summary>How many there are in what was written so far.</summary>
    public int Count { get; private set; }

    /// <summary>Tells that a part of the text is written as it is.</summary>
    public void Copy(int start, int length)
    {
        int numKept = Math.Clamp(numLeading - start, 0, length);
        Count += _isOver ? 0 : numKept;
        _isOver |= numKept < length;
    }

    /// <summary>Tells what became of a part of the text.</summary>
    /// <param name="start">Where the part stood.</param>
    /// <param name="numWritten">Number of chars that took its place.</param>
    public void Replace(int start, int numWritten)
    {
        _isOver |= numWritten != 0 && start >= numLeading;
        Count += _isOver ? 0 : numWritten;
    }
}
