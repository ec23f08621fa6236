using System.Globalization;
using System.Text;

namespace MoeGen.Tokenizers;

/// <summary>Bracketed classes.</summary>
internal sealed partial class OnigurumaTranslator
{
    // operands of && between the brackets; a class without it is one operand
    private void TranslateClass()
    {
        _at++;
        bool isNegated = TrySkip('^');
        List<string> members = [];
        List<string> excluded = [];
        do
        {
            bool isExcluded = TryReadNegatedOperand(out StringBuilder items);
            if (!isExcluded)
            {
                ReadClassItems(items, isFirst: members.Count + excluded.Count == 0);
            }

            if (items.Length == 0)
            {
                throw Fault("a && with nothing beside it");
            }

            (isExcluded ? excluded : members).Add(items.ToString());
        }
        while (TrySkipAnd());

        _at++;
        WriteClass(members, excluded, isNegated);
    }

    // what is in all members and in none of the excluded; or else, all but that
    private void WriteClass(List<string> members, List<string> excluded, bool isNegated)
    {
        string without = string.Concat(excluded);
        if (members.Count == 0)
        {
            _output.Append(isNegated ? "[" : "[^").Append(without).Append(']');
        }
        else if (members.Count == 1 && excluded.Count == 0)
        {
            _output.Append(isNegated ? "[^" : "[").Append(members[0]).Append(']');
        }
        else
        {
            string others = string.Concat(members.Skip(1).Select(items => $"(?=[{items}])"));
            string all = excluded.Count == 0 ? $"{others}[{members[0]}]" : $"{others}[{members[0]}-[{without}]]";
            _output.Append(isNegated ? $@"(?:(?!{all})[\s\S])" : $"(?:{all})");
        }
    }

    // [^..] as a whole operand of &&, or as the only content of a class
    private bool TryReadNegatedOperand(out StringBuilder items)
    {
        items = new StringBuilder();
        int start = _at;
        if (Next(0) != '[' || Next(1) != '^')
        {
            return false;
        }

        _at += 2;
        ReadClassItems(items, isFirst: true);
        _at++;
        return Next(0) == ']' || IsAnd() ? true : throw Fault(Shown(start, 9) + " beside other members of a class");
    }

    private bool IsAnd() => Next(0) == '&' && Next(1) == '&';

    private bool TrySkipAnd()
    {
        bool isAnd = IsAnd();
        _at += isAnd ? 2 : 0;
        return isAnd;
    }

    // reads up to the closing bracket or the next &&
    private void ReadClassItems(StringBuilder items, bool isFirst)
    {
        for (; ; isFirst = false)
        {
            if (_at == _pattern.Length)
            {
                throw Fault("a [ without its ]");
            }

            if ((_pattern[_at] == ']' && !isFirst) || IsAnd())
            {
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
        ReadClassItems(items, isFirst: true);
        if (IsAnd())
        {
            throw Fault("a && in a class inside a class");
        }

        _at++;
        _depth--;
    }

    private Escape ReadClassCharacter()
    {
        if (_pattern[_at] == '\\')
        {
            return ReadEscape();
        }

        return new Escape(ReadCharacter(), null, false);
    }

    private void AddRange(StringBuilder items, int first, int last)
    {
        if (last > char.MaxValue)
        {
            items.Append(NameSupplementary(Math.Max(first, char.MaxValue + 1), last));
            last = char.MaxValue;
        }

        if (first > last)
        {
            return;
        }

        _mentioned.Add(new TextRange(first, last - first + 1));
        if (_ignoresCase)
        {
            AppendWithCases(items, (char)first, (char)last);
        }
        else
        {
            AppendRange(items, (char)first, (char)last);
        }
    }

    private static void AppendRange(StringBuilder items, char first, char last)
    {
        // halves of surrogate pairs stand for something else, see SupplementaryMembers
        if (first < '\uD800' && last > '\uDFFF')
        {
            AppendRange(items, first, '\uD7FF');
            first = '\uE000';
        }

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
