using System.Globalization;

namespace MoeGen.Templates;

/// <summary>What stands between the braces of a tag.</summary>
internal sealed partial class Lexer
{
    // longer operators first
    private static readonly string[] s_operators =
        ["**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",",
            ";"];

    private void ReadTokens(char close, TokenKind endKind)
    {
        int begin = _position;
        _brackets.Clear();
        while (_position < _text.Length)
        {
            if (_brackets.Count == 0 && ReadEnd(close, endKind))
            {
                return;
            }

            char c = _text[_position];
            if (PythonSpace.IsSpace(c))
            {
                Advance(SkipSpace(_position));
            }
            else if (char.IsAsciiDigit(c))
            {
                ReadNumber();
            }
            else if (IsNamePart(_position, out _))
            {
                ReadName();
            }
            else if (c is '"' or '\'')
            {
                ReadString(c);
            }
            else
            {
                ReadOperator();
            }
        }

        throw _source.Fault(begin, $"the tag has no end; expected '{close}}}'");
    }

    private bool ReadEnd(char close, TokenKind kind)
    {
        int i = _position;
        bool strips = _text[i] == '-', keeps = kind == TokenKind.BlockEnd && _text[i] == '+';
        i += strips || keeps ? 1 : 0;
        if (i + 1 >= _text.Length || _text[i] != close || _text[i + 1] != '}')
        {
            return false;
        }

        Add(kind, "", _position);
        Advance(AfterEnd(i + 2, strips, trimsNewline: kind == TokenKind.BlockEnd && !strips && !keeps));
        return true;
    }

    private void ReadName()
    {
        int end = _position;
        while (end < _text.Length && IsNamePart(end, out int length))
        {
            end += length;
        }

        Add(TokenKind.Name, _text[_position..end], _position);
        Advance(end);
    }

    // what \w matches, and the marks that an identifier may hold
    private bool IsNamePart(int index, out int length)
    {
        length = char.IsSurrogatePair(_text, index) ? 2 : 1;
        return _text[index] == '_' || CharUnicodeInfo.GetUnicodeCategory(_text, index) is
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.ConnectorPunctuation;
    }

    private void ReadString(char quote)
    {
        for (int i = _position + 1; i < _text.Length; i++)
        {
            if (_text[i] == '\\')
            {
                i++;
            }
            else if (_text[i] == quote)
            {
                Add(TokenKind.Text, StringLiteral.Decode(_source, _position + 1, i), _position);
                Advance(i + 1);
                return;
            }
        }

        throw _source.Fault(_position, $"the string has no end; expected {quote}");
    }

    private void ReadOperator()
    {
        string? found = Array.Find(s_operators, op => string.CompareOrdinal(_text, _position, op, 0, op.Length) == 0);
        if (found is null)
        {
            throw _source.Fault(_position, $"unexpected character '{_text[_position]}'");
        }

        switch (found)
        {
            case "(":
                _brackets.Push(')');
                break;
            case "[":
                _brackets.Push(']');
                break;
            case "{":
                _brackets.Push('}');
                break;
            case ")" or "]" or "}" when _brackets.Count == 0:
                throw _source.Fault(_position, $"unexpected '{found}'");
            case ")" or "]" or "}" when _brackets.Pop() is char expected && expected != found[0]:
                throw _source.Fault(_position, $"unexpected '{found}'; expected '{expected}'");
        }

        Add(TokenKind.Operator, found, _position);
        Advance(_position + found.Length);
    }
}
