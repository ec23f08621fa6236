using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>
/// Rewrites a regular expression from Oniguruma's (Ruby) syntax, which tokenizer files use, to .NET's. What the two engines understand
/// differently is spelled out; what cannot be is refused, because a wrong cut gives wrong tokens without any other sign.
/// </summary>
internal sealed partial class OnigurumaTranslator
{
    // published patterns have some 300 characters, nest twice and count to 3
    private const int MaxLength = 8192;
    private const int MaxDepth = 50;
    private const int MaxCount = 1000;

    private readonly string _pattern;
    private readonly string _origin;
    private readonly StringBuilder _output = new();
    private readonly List<TextRange> _mentioned = [];
    private readonly List<(int First, int Last)> _supplementary = []; // what is named above U+FFFF
    private int _at;
    private int _depth;
    private bool _ignoresCase;
    private char _lastFolded; // the ASCII letter just before, when case is ignored; 0 after anything else

    /// <summary>Prepares the translation.</summary>
    /// <param name="pattern">The pattern as the file has it.</param>
    /// <param name="origin">File and JSON path, for errors.</param>
    public OnigurumaTranslator(string pattern, string origin)
    {
        _pattern = pattern;
        _origin = origin;
        Supplementary = new SupplementaryMembers([], origin);
    }

    /// <summary>The chars that the pattern names, one by one or in ranges; complete after <see cref="Translate"/>.</summary>
    public IReadOnlyList<TextRange> Mentioned => _mentioned;

    /// <summary>The pattern names the script Han, whose chars do not count as mentioned; known after <see cref="Translate"/>.</summary>
    public bool UsesHan { get; private set; }

    /// <summary>What the pattern names above U+FFFF; known after <see cref="Translate"/>.</summary>
    public SupplementaryMembers Supplementary { get; private set; }

    /// <summary>Returns the pattern for <see cref="System.Text.RegularExpressions.Regex"/> without options.</summary>
    /// <exception cref="TokenizerFormatException">The pattern is malformed or uses syntax that is not supported.</exception>
    public string Translate()
    {
        if (_pattern.Length > MaxLength)
        {
            throw new TokenizerFormatException($"{_origin} has {_pattern.Length} characters; at most {MaxLength} are supported");
        }

        TranslateAll();
        if (_supplementary.Count != 0)
        {
            // only now it is known which chars stand for what is above U+FFFF
            Supplementary = new SupplementaryMembers(_supplementary, _origin);
            TranslateAll();
        }

        return _output.ToString();
    }

    private void TranslateAll()
    {
        _at = 0;
        _output.Clear();
        _mentioned.Clear();
        TranslateAlternatives();
        if (_at != _pattern.Length)
        {
            throw Fault("a ) without its (");
        }
    }

    private void TranslateAlternatives()
    {
        while (_at < _pattern.Length && _pattern[_at] != ')')
        {
            if (_pattern[_at] == '|')
            {
                _output.Append('|');
                _lastFolded = '\0';
                _at++;
                continue;
            }

            int start = _output.Length;
            TranslateAtom();
            TranslateQuantifiers(start);
        }
    }

    private void TranslateAtom()
    {
        char c = _pattern[_at];
        char lastFolded = _lastFolded;
        _lastFolded = '\0';
        switch (c)
        {
            case '(':
                TranslateGroup();
                break;
            case '[':
                TranslateClass();
                break;
            case '\\':
                TranslateEscape(lastFolded);
                break;
            case '.':
                _output.Append('.');
                _at++;
                break;
            case '^': // the start of any line, but not behind a line break that ends the text
                _output.Append(@"(?:\A|(?<=\n)(?!\z))");
                _at++;
                break;
            case '$': // the end of any line
                _output.Append(@"(?=\n|\z)");
                _at++;
                break;
            case '*' or '+' or '?':
                throw Fault($"a {c} with nothing to repeat");
            case '{' when TryReadInterval(out _, out _):
                throw Fault("a {} with nothing to repeat");
            default:
                WriteLiteral(ReadCharacter(), lastFolded);
                break;
        }
    }

    private void TranslateGroup()
    {
        if (++_depth > MaxDepth)
        {
            throw Fault($"groups nested deeper than {MaxDepth}");
        }

        // a captured group is never asked for, so that it need not be one
        string opening = Starts("(?:") ?? Starts("(?=") ?? Starts("(?!") ?? Starts("(?<=") ?? Starts("(?<!") ?? Starts("(?>")
            ?? Starts("(?i:") ?? Starts("(?-i:") ?? (Starts("(?") is null ? "(" : throw Fault(Shown(_at, 4)));
        bool outerIgnoresCase = _ignoresCase;
        _ignoresCase = opening switch { "(?i:" => true, "(?-i:" => false, _ => outerIgnoresCase };
        _output.Append(opening is "(" or "(?i:" or "(?-i:" ? "(?:" : opening);
        _at += opening.Length;
        TranslateAlternatives();
        if (_at == _pattern.Length)
        {
            throw Fault("a ( without its )");
        }

        _output.Append(')');
        _at++;
        _depth--;
        _ignoresCase = outerIgnoresCase;
        _lastFolded = '\0';

        string? Starts(string token) => string.CompareOrdinal(_pattern, _at, token, 0, token.Length) == 0 ? token : null;
    }

    private void TranslateEscape(char lastFolded)
    {
        if (_at + 1 < _pattern.Length && _pattern[_at + 1] is 'A' or 'z')
        {
            _output.Append(_pattern, _at, 2);
            _at += 2;
            return;
        }

        Escape escape = ReadEscape();
        if (escape.Set is null)
        {
            WriteLiteral(escape.Character, lastFolded);
        }
        else
        {
            _output.Append(escape.IsNegated ? "[^" : "[").Append(escape.Set).Append(']');
        }
    }

    private int ReadCharacter()
    {
        int code = char.ConvertToUtf32(_pattern, _at);
        _at += code > char.MaxValue ? 2 : 1;
        return code;
    }

    private void WriteLiteral(int code, char lastFolded)
    {
        if (code > char.MaxValue)
        {
            _output.Append('[').Append(NameSupplementary(code, code)).Append(']');
            return;
        }

        char c = (char)code;
        _mentioned.Add(new TextRange(c, 1));
        if (!_ignoresCase)
        {
            Append(_output, c);
            return;
        }

        StringBuilder cases = new();
        AppendWithCases(cases, c, c);
        _output.Append('[').Append(cases).Append(']');
        char folded = char.ToLowerInvariant(c);
        if ($"{lastFolded}{folded}" is "ss" or "st" or "ff" or "fi" or "fl")
        {
            throw Fault($"\"{lastFolded}{folded}\" without regard to case, which would match a single letter such as U+FB01 as well");
        }

        _lastFolded = folded;
    }

    // members of a class for what is above U+FFFF; while the first pass finds out what there is, a char that is never there
    private string NameSupplementary(int first, int last)
    {
        if (_ignoresCase)
        {
            throw Fault($"U+{first:X} without regard to case, which works for ASCII letters only");
        }

        _supplementary.Add((first, last));
        return Supplementary.IsEmpty ? "\\uDFFF" : Supplementary.InRange(first, last);
    }

    private static void Append(StringBuilder output, char c)
    {
        if (char.IsAsciiLetterOrDigit(c))
        {
            output.Append(c);
        }
        else
        {
            output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
        }
    }

    private string Shown(int at, int length) => TokenizerNode.Quote(_pattern.Substring(at, Math.Min(length, _pattern.Length - at)));

    private TokenizerFormatException Fault(string found) => new(
        $"{_origin}: the regular expression has {found} (at character {_at}); supported are literals, classes and their intersection, \\s \\S \\d \\D, "
        + "\\p{..} with a general category or Han, \\A \\z ^ $, groups, (?i:..), look-around and quantifiers");
}
