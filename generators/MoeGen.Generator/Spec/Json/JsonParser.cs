using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace MoeGen.Generator.Spec.Json;

/// <summary>
/// Reads JSON (RFC 8259, nothing more) and keeps line and column of every value. A generator runs in hosts of many kinds, so it
/// brings its own reader rather than a dependency that some host might not have.
/// </summary>
internal sealed class JsonParser
{
    // deeper than any published config by far, shallow enough for every stack
    private const int MaxDepth = 64;

    private readonly string _text;
    private int _position;
    private int _line;
    private int _lineStart;
    private int _depth;

    private JsonParser(string text)
    {
        _text = text;

        // a byte order mark is not JSON, but editors write it
        _position = text.Length > 0 && text[0] == '\uFEFF' ? 1 : 0;
    }

    /// <summary>Reads the one value that the text holds.</summary>
    /// <exception cref="JsonSyntaxException">The text is not JSON.</exception>
    public static JsonValue Parse(string text)
    {
        JsonParser parser = new(text);
        parser.SkipWhitespace();
        JsonValue value = parser.ReadValue();
        parser.SkipWhitespace();
        if (parser._position < text.Length)
        {
            throw parser.Unexpected("the end of the file");
        }

        return value;
    }

    private JsonValue ReadValue()
    {
        switch (Peek())
        {
            case '{':
                return ReadObject();
            case '[':
                return ReadArray();
            case '"':
                int start = _position, line = _line, column = Column;
                string value = ReadString();
                return new JsonString(new TextRange(start, _position - start, line, column), value);
            case 't':
                return new JsonBoolean(ReadWord("true"), true);
            case 'f':
                return new JsonBoolean(ReadWord("false"), false);
            case 'n':
                return new JsonNull(ReadWord("null"));
            case '-' or (>= '0' and <= '9'):
                return ReadNumber();
            default:
                throw Unexpected("a value");
        }
    }

    private JsonObject ReadObject()
    {
        int start = _position, line = _line, column = Column;
        Enter();
        List<JsonMember> members = [];
        SkipWhitespace();
        if (Peek() != '}')
        {
            while (true)
            {
                if (Peek() != '"')
                {
                    throw Unexpected("a key in double quotes");
                }

                int nameStart = _position, nameLine = _line, nameColumn = Column;
                string name = ReadString();
                TextRange nameRange = new(nameStart, _position - nameStart, nameLine, nameColumn);
                SkipWhitespace();
                Expect(':', $"':' after the key \"{name}\"");
                SkipWhitespace();
                members.Add(new JsonMember(name, nameRange, ReadValue()));
                SkipWhitespace();
                if (Peek() != ',')
                {
                    break;
                }

                _position++;
                SkipWhitespace();
            }
        }

        Expect('}', "',' or '}'");
        _depth--;
        return new JsonObject(new TextRange(start, _position - start, line, column), members);
    }

    private JsonArray ReadArray()
    {
        int start = _position, line = _line, column = Column;
        Enter();
        List<JsonValue> items = [];
        SkipWhitespace();
        if (Peek() != ']')
        {
            while (true)
            {
                items.Add(ReadValue());
                SkipWhitespace();
                if (Peek() != ',')
                {
                    break;
                }

                _position++;
                SkipWhitespace();
            }
        }

        Expect(']', "',' or ']'");
        _depth--;
        return new JsonArray(new TextRange(start, _position - start, line, column), items);
    }

    private string ReadString()
    {
        _position++;
        StringBuilder value = new();
        while (true)
        {
            if (_position >= _text.Length)
            {
                throw Unexpected("the closing '\"' of a string");
            }

            char c = _text[_position];
            if (c == '"')
            {
                _position++;
                return value.ToString();
            }

            if (c < ' ')
            {
                throw Unexpected("no control character inside a string");
            }

            _position++;
            value.Append(c == '\\' ? ReadEscape() : c);
        }
    }

    private char ReadEscape()
    {
        char c = Peek();
        switch (c)
        {
            case '"' or '\\' or '/':
                _position++;
                return c;
            case 'b':
                _position++;
                return '\b';
            case 'f':
                _position++;
                return '\f';
            case 'n':
                _position++;
                return '\n';
            case 'r':
                _position++;
                return '\r';
            case 't':
                _position++;
                return '\t';
            case 'u' when _position + 5 <= _text.Length
                && ushort.TryParse(
                    _text.Substring(_position + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit):
                _position += 5;
                return (char)unit;
            default:
                throw Unexpected("an escape sequence of JSON after '\\'");
        }
    }

    private JsonNumber ReadNumber()
    {
        int start = _position, column = Column;
        if (Peek() == '-')
        {
            _position++;
        }

        if (Peek() == '0')
        {
            _position++;
        }
        else
        {
            ReadDigits();
        }

        if (Peek() == '.')
        {
            _position++;
            ReadDigits();
        }

        if (Peek() is 'e' or 'E')
        {
            _position++;
            if (Peek() is '+' or '-')
            {
                _position++;
            }

            ReadDigits();
        }

        return new JsonNumber(new TextRange(start, _position - start, _line, column), _text.Substring(start, _position - start));
    }

    private void ReadDigits()
    {
        if (Peek() is < '0' or > '9')
        {
            throw Unexpected("a digit");
        }

        while (Peek() is >= '0' and <= '9')
        {
            _position++;
        }
    }

    private TextRange ReadWord(string word)
    {
        if (string.CompareOrdinal(_text, _position, word, 0, word.Length) != 0)
        {
            throw Unexpected("a value");
        }

        TextRange range = new(_position, word.Length, _line, Column);
        _position += word.Length;
        return range;
    }

    private void SkipWhitespace()
    {
        while (_position < _text.Length)
        {
            char c = _text[_position];
            if (c is not (' ' or '\t' or '\r' or '\n'))
            {
                return;
            }

            _position++;
            if (c == '\n' || (c == '\r' && Peek() != '\n'))
            {
                _line++;
                _lineStart = _position;
            }
        }
    }

    private void Expect(char c, string expected)
    {
        if (Peek() != c)
        {
            throw Unexpected(expected);
        }

        _position++;
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw new JsonSyntaxException(Here(1), $"nested deeper than {MaxDepth} levels; expected a flat config");
        }

        _position++;
    }

    // '\0' stands for the end: JSON allows no such character outside a string
    private char Peek() => _position < _text.Length ? _text[_position] : '\0';

    private int Column => _position - _lineStart;

    private TextRange Here(int length) => new(_position, length, _line, Column);

    private JsonSyntaxException Unexpected(string expected)
    {
        if (_position >= _text.Length)
        {
            return new JsonSyntaxException(Here(0), $"the file ends here; expected {expected}");
        }

        char c = _text[_position];
        string found = c is < ' ' or > '~' ? "U+" + ((int)c).ToString("X4", CultureInfo.InvariantCulture) : $"'{c}'";
        return new JsonSyntaxException(Here(1), $"found {found}; expected {expected}");
    }
}
