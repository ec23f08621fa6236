using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Bracketed classes.</summary>
internal sealed partial class OnigurumaTranslator
{
    private void TranslateClass()
    {
        _at++;
        bool isNegated = TrySkip('^');
        StringBuilder items = new();
        ReadClassItems(items);
        _output.Append(isNegated ? "[^" : "[").Append(items).Append(']');
    }

    // reads up to and including the closing bracket
    private void ReadClassItems(StringBuilder items)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            if (_at == _pattern.Length)
            {
                throw Fault("a [ without its ]");
            }

            if (_pattern[_at] == ']' && !isFirst)
            {
                _at++;
                return;
            }

            ReadClassItem(items);
        }
    }

    private void ReadClassItem(StringBuilder items)
    {
        if (_pattern[_at] == '[')
        {
            ReadNestedClass(items);
            return;
        }

        if (_pattern[_at] == '&' && Next(1) == '&')
        {
            throw Fault("the class operator &&");
        }

        Escape first = ReadClassCharacter();
        if (first.Set is not null)
        {
            if (first.IsNegated)
            {
                throw Fault("a negated script inside a class");
            }

            items.Append(first.Set);
            return;
        }

        // a - at either end of the class is itself
        if (Next(0) != '-' || Next(1) is ']' or '\0')
        {
            AddRange(items, first.Character, first.Character);
            return;
        }

        _at++;
        Escape last = Next(0) == '[' ? throw Fault("a range that ends in a class") : ReadClassCharacter();
        if (last.Set is not null || last.Character < first.Character || first.Character == '-')
        {
            throw Fault("a range without a proper start and end");
        }

        AddRange(items, first.Character, last.Character);
        if (Next(0) == '-' && Next(1) != ']')
        {
            throw Fault("a - behind a range");
        }
    }

    // a class inside a class adds its members; .NET would take the bracket for a literal
    private void ReadNestedClass(StringBuilder items)
    {
        if (Next(1) is ':' or '^')
        {
            throw Fault(Shown(_at, 9) + " inside a class");
        }

        if (++_depth > MaxDepth)
        {
            throw Fault($"classes nested deeper than {MaxDepth}");
        }

        _at++;
        ReadClassItems(items);
        _depth--;
    }

    private Escape ReadClassCharacter()
    {
        if (_pattern[_at] == '\\')
        {
            return ReadEscape();
        }

        RejectSurrogate(_pattern[_at]);
        return new Escape(_pattern[_at++], null, false);
    }

    private void AddRange(StringBuilder items, char first, char last)
    {
        RejectSurrogate(first);
        RejectSurrogate(last);
        _mentioned.Add(new TextRange(first, last - first + 1));
        if (_ignoresCase)
        {
            AppendWithCases(items, first, last);
        }
        else
        {
            AppendRange(items, first, last);
        }
    }

    private static void AppendRange(StringBuilder items, char first, char last)
    {
        Append(items, first);
        if (last != first)
        {
            items.Append('-');
            Append(items, last);
        }
    }

    private void AppendWithCases(StringBuilder items, char first, char last)
    {
        AppendRange(items, first, last);
        for (int i = first; i <= last; i++)
        {
            char c = (char)i;
            if (char.IsAsciiLetter(c))
            {
                foreach (char other in OtherCases(c))
                {
                    _mentioned.Add(new TextRange(other, 1));
                    Append(items, other);
                }
            }
            else if (char.IsUpper(c) || char.IsLower(c) || char.GetUnicodeCategory(c) == UnicodeCategory.TitlecaseLetter)
            {
                throw Fault($"U+{i:X4} without regard to case, which works for ASCII letters only");
            }
        }
    }

    // Unicode folds two further characters onto ASCII letters: the long s, which .NET leaves out, and the Kelvin sign
    private static string OtherCases(char asciiLetter) => (char)(asciiLetter ^ 0x20) + char.ToLowerInvariant(asciiLetter) switch
    {
        's' => "\u017F",
        'k' => "\u212A",
        _ => "",
    };

    private char Next(int offset) => _at + offset < _pattern.Length ? _pattern[_at + offset] : '\0';

    private bool TrySkip(char c)
    {
        if (Next(0) != c)
        {
            return false;
        }

        _at++;
        return true;
    }
}
