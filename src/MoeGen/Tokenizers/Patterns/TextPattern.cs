namespace MoeGen.Tokenizers;

/// <summary>Something to look for in a text.</summary>
internal abstract class TextPattern
{
    /// <summary>Appends the matches, which do not overlap, from left to right.</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="matches">Receives positions relative to the start of <paramref name="text"/>.</param>
    /// <exception cref="TokenizerFormatException">The pattern takes unreasonably long on this text.</exception>
    public abstract void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches);
}
