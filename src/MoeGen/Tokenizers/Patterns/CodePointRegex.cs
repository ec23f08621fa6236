using System.Buffers;
using System.Text.RegularExpressions;

namespace MoeGen.Tokenizers;

/// <summary>
/// A regular expression of a tokenizer.json, in Oniguruma's syntax and over code points, run by the .NET engine, whose syntax differs and
/// which sees UTF-16 units.
/// </summary>
/// <remarks>
/// A text with surrogate pairs is matched through its shadow: the same text with one stand-in char in place of every pair, see
/// <see cref="ShadowAlphabet"/>. Positions are mapped back. Thread-safe.
/// </remarks>
internal sealed class CodePointRegex : TextPattern
{
    // a match of a sane pattern takes microseconds, and a text some ten nanoseconds per char: both limits only stop hostile files
    private const int DefaultTimeoutMs = 5000;
    private const int CharsPerExtraMs = 100;

    private readonly Regex _regex;
    private readonly ShadowAlphabet _alphabet;
    private readonly string _origin;
    private readonly int _timeoutMs;

    /// <summary>Translates and compiles a pattern.</summary>
    /// <param name="pattern">The pattern as the file has it.</param>
    /// <param name="origin">File and JSON path, for errors.</param>
    /// <param name="timeoutMs">How long one match, and the matches of a short text, may take.</param>
    /// <exception cref="TokenizerFormatException">The pattern is malformed or uses syntax that is not supported.</exception>
    public CodePointRegex(string pattern, string origin, int timeoutMs = DefaultTimeoutMs)
    {
        _origin = origin;
        _timeoutMs = timeoutMs;
        OnigurumaTranslator translator = new(pattern, origin);
        string translated = translator.Translate();
        _alphabet = new ShadowAlphabet(translator.Mentioned, translator.Supplementary, translator.UsesHan, origin);
        try
        {
            RegexOptions options = RegexOptions.CultureInvariant | RegexOptions.Compiled; // where code cannot be made, it is interpreted
            _regex = new Regex(translated, options, TimeSpan.FromMilliseconds(timeoutMs));
        }
        catch (RegexParseException e)
        {
            throw new TokenizerFormatException($"{origin} is no well-formed regular expression ({e.Error})", e);
        }
    }

    public override void FindMatches(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        if (!text.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            Run(text, matches);
            return;
        }

        char[] shadow = ArrayPool<char>.Shared.Rent(text.Length);
        try
        {
            int length = _alphabet.Cast(text, shadow);
            int first = matches.Count;
            Run(shadow.AsSpan(0, length), matches);
            MapBack(text, matches, first);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(shadow);
        }
    }

    private void Run(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        long deadline = Environment.TickCount64 + _timeoutMs + (text.Length / CharsPerExtraMs);
        int end = -1;
        try
        {
            foreach (ValueMatch match in _regex.EnumerateMatches(text))
            {
                // Oniguruma reports no empty match where the one before it ended, .NET does
                if (match.Length != 0 || match.Index != end)
                {
                    matches.Add(new TextRange(match.Index, match.Length));
                }

                end = match.Index + match.Length;
                if (Environment.TickCount64 > deadline)
                {
                    throw TookTooLong(text.Length, null);
                }
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            throw TookTooLong(text.Length, e);
        }
    }

    // matches come from left to right, so that one walk over the text finds all their places
    private static void MapBack(ReadOnlySpan<char> text, List<TextRange> matches, int first)
    {
        int shadowAt = 0;
        int textAt = 0;
        for (int i = first; i < matches.Count; i++)
        {
            TextRange match = matches[i];
            int start = Advance(text, match.Start);
            matches[i] = new TextRange(start, Advance(text, match.End) - start);
        }

        int Advance(ReadOnlySpan<char> text, int shadowEnd)
        {
            for (; shadowAt < shadowEnd; shadowAt++)
            {
                textAt += char.IsHighSurrogate(text[textAt]) ? 2 : 1;
            }

            return textAt;
        }
    }

    private TokenizerFormatException TookTooLong(int length, Exception? inner) =>
        new($"{_origin} takes too long on a text of {length} characters; it seems to backtrack without end", inner);
}
