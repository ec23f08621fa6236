namespace MoeGen.Templates;

/// <summary>
/// Cuts a template into tokens as jinja2's lexer does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the newline after a block or
/// comment goes, white space between the start of a line and a block or comment goes, <c>-</c> takes all white space on its side and
/// <c>+</c> keeps it.
/// </summary>
/// <remarks>Source: jinja2 3.1, lexer.py.</remarks>
internal sealed partial class Lexer
{
    private readonly TemplateSource _source;
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private readonly Stack<char> _brackets = new(); // closing brackets that are still to come
    private int _position;

    // whether what was read last ended a line; only then may white space before the next block be the line's indentation
    private bool _isAtLineStart = true;

    private Lexer(TemplateSource source)
    {
        _source = source;
        _text = source.Text;
    }

    public static List<Token> Tokenize(TemplateSource source)
    {
        Lexer lexer = new(source);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (_position < _text.Length)
        {
            int begin = FindTag(_position);
            if (begin < 0)
            {
                Add(TokenKind.Data, _text[_position..], _position);
                break;
            }

            char kind = _text[begin + 1];
            if (kind == '%' && MatchRaw(begin, "raw", isEnd: false) is { } raw)
            {
                AddData(begin, raw.Sign, mayStripLine: true);
                Advance(raw.End);
                ReadRaw(begin);
                continue;
            }

            char sign = begin + 2 < _text.Length && _text[begin + 2] is '-' or '+' ? _text[begin + 2] : ' ';
            AddData(begin, sign, mayStripLine: kind != '{');
            Advance(begin + (sign == ' ' ? 2 : 3));
            switch (kind)
            {
                case '#':
                    ReadComment(begin);
                    break;
                case '%':
                    Add(TokenKind.BlockBegin, "{%", begin);
                    ReadTokens('%', TokenKind.BlockEnd);
                    break;
                default:
                    Add(TokenKind.VariableBegin, "{{", begin);
                    ReadTokens('}', TokenKind.VariableEnd);
                    break;
            }
        }

        Add(TokenKind.End, "", _text.Length);
    }

    private int FindTag(int start)
    {
        for (int i = _text.IndexOf('{', start); i >= 0 && i + 1 < _text.Length; i = _text.IndexOf('{', i + 1))
        {
            if (_text[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Adds the text before a tag, without the white space that the tag takes.</summary>
    private void AddData(int end, char sign, bool mayStripLine)
    {
        string data = _text[_position..end];
        if (sign == '-')
        {
            data = PythonSpace.TrimEnd(data);
        }
        else if (sign != '+' && mayStripLine)
        {
            int lineStart = data.LastIndexOf('\n') + 1;
            if ((lineStart > 0 || _isAtLineStart) && PythonSpace.Trim(data[lineStart..]).Length == 0)
            {
                data = data[..lineStart];
            }
        }

        if (data.Length > 0)
        {
            Add(TokenKind.Data, data, _position);
        }
    }

    private void ReadComment(int begin)
    {
        int end = _text.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            RequireEnd(begin, "the comment has no end; expected '#}'");
            return;
        }

        // {#-#} is a comment whose minus belongs to its start
        bool strips = end > _position && _text[end - 1] == '-';
        Advance(AfterEnd(end + 2, strips, trimsNewline: !(end > _position && _text[end - 1] is '+' or '-')));
    }

    private void ReadRaw(int begin)
    {
        for (int i = FindTag(_position); i >= 0; i = FindTag(i + 1))
        {
            if (_text[i + 1] == '%' && MatchRaw(i, "endraw", isEnd: true) is { } end)
            {
                AddData(i, end.Sign, mayStripLine: true);
                Advance(end.End);
                return;
            }
        }

        RequireEnd(begin, "the raw block has no end; expected '{% endraw %}'");
    }

    // jinja2 forgives a template that stops where the text inside would begin
    private void RequireEnd(int begin, string message)
    {
        if (_position < _text.Length)
        {
            throw _source.Fault(begin, message);
        }
    }

    /// <summary>Recognises <c>{% raw %}</c> or <c>{% endraw %}</c>, which the lexer itself has to know.</summary>
    private (char Sign, int End)? MatchRaw(int begin, string name, bool isEnd)
    {
        int i = begin + 2;
        char sign = i < _text.Length && _text[i] is '-' or '+' ? _text[i++] : ' ';
        i = SkipSpace(i);
        if (string.CompareOrdinal(_text, i, name, 0, name.Length) != 0)
        {
            return null;
        }

        i = SkipSpace(i + name.Length);
        bool strips = i < _text.Length && _text[i] == '-', keeps = isEnd && i < _text.Length && _text[i] == '+';
        i += strips || keeps ? 1 : 0;
        return string.CompareOrdinal(_text, i, "%}", 0, 2) == 0
            ? (sign, AfterEnd(i + 2, strips, trimsNewline: isEnd && !strips && !keeps))
            : null;
    }

    /// <summary>Where reading goes on after the end of a tag.</summary>
    private int AfterEnd(int end, bool strips, bool trimsNewline) =>
        strips ? SkipSpace(end) : trimsNewline && end < _text.Length && _text[end] == '\n' ? end + 1 : end;

    private int SkipSpace(int position)
    {
        while (position < _text.Length && PythonSpace.IsSpace(_text[position]))
        {
            position++;
        }

        return position;
    }

    private void Advance(int end)
    {
        _isAtLineStart = end > 0 && _text[end - 1] == '\n';
        _position = end;
    }

    private void Add(TokenKind kind, string text, int position) => _tokens.Add(new Token(kind, text, position));
}
