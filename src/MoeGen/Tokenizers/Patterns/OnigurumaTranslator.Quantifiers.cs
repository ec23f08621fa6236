using System.Globalization;

namespace MoeGen.Tokenizers;

/// <summary>Quantifiers.</summary>
internal sealed partial class OnigurumaTranslator
{
    private const int MaxQuantifiers = 4; // {1,3}+ has two

    // what follows an atom: *, +, ?, {n,m}, each with ? for lazy and, not for {}, + for possessive; more of them repeat the repetition
    private void TranslateQuantifiers(int start)
    {
        for (int number = 1; _at < _pattern.Length; number++)
        {
            char c = _pattern[_at];
            string quantifier;
            bool isInterval = false;
            if (c is '*' or '+' or '?')
            {
                quantifier = c.ToString();
                _at++;
            }
            else if (c == '{' && TryReadInterval(out quantifier, out int end))
            {
                isInterval = true;
                _at = end;
            }
            else
            {
                return;
            }

            _lastFolded = '\0';
            if (number > MaxQuantifiers)
            {
                throw Fault($"more than {MaxQuantifiers} quantifiers in a row");
            }

            if (number > 1)
            {
                _output.Insert(start, "(?:").Append(')');
            }

            _output.Append(quantifier);
            char suffix = _at < _pattern.Length ? _pattern[_at] : '\0';
            bool isFixedCount = isInterval && !quantifier.Contains(',');
            if (suffix == '?' && !isFixedCount)
            {
                _output.Append('?');
                _at++;
            }
            else if (suffix == '+' && !isInterval)
            {
                _output.Insert(start, "(?>").Append(')');
                _at++;
            }
        }
    }

    // {n}, {n,}, {,m} or {n,m}; anything else after a { makes it a literal
    private bool TryReadInterval(out string quantifier, out int end)
    {
        quantifier = "";
        end = _pattern.IndexOf('}', _at) + 1;
        string[] bounds = end == 0 ? [] : _pattern[(_at + 1)..(end - 1)].Split(',');
        bool hasNumbersOnly = bounds.All(bound => bound.All(char.IsAsciiDigit)) && bounds.Any(bound => bound.Length > 0);
        if (bounds.Length > 2 || !hasNumbersOnly)
        {
            return false;
        }

        int min = ReadCount(bounds[0]);
        int max = bounds[^1].Length == 0 ? int.MaxValue : ReadCount(bounds[^1]);
        if (min > max)
        {
            throw Fault($"the count {{{min},{max}}}");
        }

        quantifier = bounds.Length == 1 ? $"{{{min}}}" : max == int.MaxValue ? $"{{{min},}}" : $"{{{min},{max}}}";
        return true;

        int ReadCount(string digits) => digits.Length == 0 ? 0
            : int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count <= MaxCount ? count
            : throw Fault($"a count above {MaxCount}");
    }
}
