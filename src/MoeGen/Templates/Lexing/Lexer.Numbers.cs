namespace MoeGen.Templates;

/// <summary>Number literals, which may hold single underscores between digits.</summary>
internal sealed partial class Lexer
{
    private void ReadNumber()
    {
        int start = _position;

        // x.0.5 is two subscripts
        bool mayBeFloat = start == 0 || _text[start - 1] != '.';
        int end = start;
        TokenKind kind = TokenKind.Integer;
        if (mayBeFloat && FindFloatEnd(start) is int floatEnd)
        {
            end = floatEnd;
            kind = TokenKind.Float;
        }
        else
        {
            end = FindIntegerEnd(start);
        }

        Add(kind, _text[start..end].Replace("_", "", StringComparison.Ordinal), start);
        Advance(end);
    }

    private int? FindFloatEnd(int start)
    {
        int whole = SkipDigits(start, char.IsAsciiDigit), end = whole;
        if (At(whole) == '.' && char.IsAsciiDigit(At(whole + 1)))
        {
            end = SkipDigits(whole + 1, char.IsAsciiDigit);
        }

        if (At(end) is 'e' or 'E')
        {
            int digits = At(end + 1) is '+' or '-' ? end + 2 : end + 1;
            if (char.IsAsciiDigit(At(digits)))
            {
                return SkipDigits(digits, char.IsAsciiDigit);
            }
        }

        return end > whole ? end : null;
    }

    private int FindIntegerEnd(int start)
    {
        if (At(start) != '0')
        {
            return SkipDigits(start, char.IsAsciiDigit);
        }

        Func<char, bool>? isDigit = At(start + 1) switch
        {
            'b' or 'B' => c => c is '0' or '1',
            'o' or 'O' => c => c is >= '0' and <= '7',
            'x' or 'X' => char.IsAsciiHexDigit,
            _ => null,
        };
        int first = At(start + 2) == '_' ? start + 3 : start + 2;
        return isDigit is not null && isDigit(At(first)) ? SkipDigits(first, isDigit) : SkipDigits(start, c => c == '0');
    }

    private int SkipDigits(int position, Func<char, bool> isDigit)
    {
        while (isDigit(At(position)) || (At(position) == '_' && isDigit(At(position + 1))))
        {
            position++;
        }

        return position;
    }

    private char At(int position) => position < _text.Length ? _text[position] : '\0';
}
