namespace MoeGen.Templates;

/// <summary>Arguments, filters and tests.</summary>
internal sealed partial class Parser
{
    private CallArguments ParseArguments()
    {
        _tokens.ExpectOperator("(");
        List<Expression> positional = [];
        List<KeyValuePair<string, Expression>> named = [];
        Expression? spread = null, namedSpread = null;
        while (!_tokens.Current.IsOperator(")"))
        {
            Token token = _tokens.Current;
            bool isInOrder;
            if (_tokens.SkipOperator("*"))
            {
                isInOrder = spread is null && namedSpread is null;
                spread = ParseExpression();
            }
            else if (_tokens.SkipOperator("**"))
            {
                isInOrder = namedSpread is null;
                namedSpread = ParseExpression();
            }
            else if (token.Kind == TokenKind.Name && _tokens.Next.IsOperator("="))
            {
                isInOrder = namedSpread is null && named.TrueForAll(argument => argument.Key != token.Text);
                _tokens.Take();
                _tokens.Take();
                named.Add(new(token.Text, ParseExpression()));
            }
            else
            {
                isInOrder = spread is null && namedSpread is null && named.Count == 0;
                positional.Add(ParseExpression());
            }

            if (!isInOrder)
            {
                throw _tokens.Fault(token, "an argument out of order or given twice; expected values, names with values, *list, **dict");
            }

            if (!_tokens.Current.IsOperator(")"))
            {
                _tokens.ExpectOperator(",");
            }
        }

        _tokens.Take();
        return positional.Count + named.Count > 0 || spread is not null || namedSpread is not null
            ? new CallArguments(positional, named, spread, namedSpread)
            : CallArguments.None;
    }

    /// <summary>Parses a filter after its bar.</summary>
    private FilterExpression ParseFilter(Expression? operand)
    {
        Token name = _tokens.Current;
        string fullName = ParseDottedName();
        return new FilterExpression(name.Position, operand, fullName, ParseOptionalArguments());
    }

    /// <summary>Parses further filters after a first one.</summary>
    private FilterExpression ParseFilters(FilterExpression filter)
    {
        int nesting = _nesting;
        while (_tokens.SkipOperator("|"))
        {
            Enter();
            filter = ParseFilter(filter);
        }

        _nesting = nesting;
        return filter;
    }

    private Expression ParseTest(Expression operand)
    {
        Token start = _tokens.Current;
        bool isNegated = _tokens.SkipName("not");
        string name = ParseDottedName();
        bool hasParentheses = _tokens.Current.IsOperator("(");
        CallArguments arguments = ParseOptionalArguments();
        Token next = _tokens.Current;

        // one argument may stand without parentheses: x is divisibleby 3
        bool startsValue = next.Kind is TokenKind.Name or TokenKind.Text or TokenKind.Integer or TokenKind.Float
            || next.IsOperator("[") || next.IsOperator("{");
        if (!hasParentheses && startsValue && next is not { Kind: TokenKind.Name, Text: "else" or "or" or "and" })
        {
            if (next.IsName("is"))
            {
                throw _tokens.Fault(next, "tests cannot be chained with 'is'");
            }

            arguments = CallArguments.None with { Positional = [ParsePostfix(ParsePrimary(), withFilter: false)] };
        }

        TestExpression test = new(start.Position, operand, name, arguments);
        return isNegated ? new NotExpression(start.Position, test) : test;
    }

    private string ParseDottedName()
    {
        string name = _tokens.ExpectName().Text;
        while (_tokens.SkipOperator("."))
        {
            name += "." + _tokens.ExpectName().Text;
        }

        return name;
    }

    private CallArguments ParseOptionalArguments() => _tokens.Current.IsOperator("(") ? ParseArguments() : CallArguments.None;
}
