namespace MoeGen.Templates;

/// <summary>The tokens in order, with what the parser asks of them.</summary>
internal sealed class TokenStream(TemplateSource source, List<Token> tokens)
{
    private int _index;

    public Token Current => tokens[_index];

    public Token Next => tokens[Math.Min(_index + 1, tokens.Count - 1)];

    public Token Take()
    {
        Token token = Current;
        if (token.Kind != TokenKind.End)
        {
            _index++;
        }

        return token;
    }

    public bool SkipName(string name) => Skip(Current.IsName(name));

    public bool SkipOperator(string text) => Skip(Current.IsOperator(text));

    public Token ExpectName() => Expect(Current.Kind == TokenKind.Name, "a name");

    public Token ExpectName(string name) => Expect(Current.IsName(name), $"'{name}'");

    public Token ExpectOperator(string text) => Expect(Current.IsOperator(text), $"'{text}'");

    public Token ExpectBlockEnd() => Expect(Current.Kind == TokenKind.BlockEnd, "'%}'");

    public Token ExpectVariableEnd() => Expect(Current.Kind == TokenKind.VariableEnd, "'}}'");

    /// <summary>Returns the error at the current token; the caller throws it.</summary>
    public ChatTemplateException Unexpected(string expected) => Fault(Current, $"found {Current.Description}; expected {expected}");

    public ChatTemplateException Fault(Token token, string message) => source.Fault(token.Position, message);

    private bool Skip(bool matches)
    {
        _index += matches ? 1 : 0;
        return matches;
    }

    private Token Expect(bool matches, string expected) => matches ? Take() : throw Unexpected(expected);
}
