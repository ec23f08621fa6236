namespace MoeGen.Templates;

/// <summary>Expressions, from the loosest operator to the tightest.</summary>
internal sealed partial class Parser
{
    /// <summary>Parses an expression, or several with commas between them, which make a tuple.</summary>
    /// <param name="withConditional">Whether <c>a if b else c</c> is allowed; not where <c>if</c> begins something else.</param>
    /// <param name="end">A name that ends the tuple.</param>
    /// <param name="inParentheses">Whether nothing at all is an empty tuple.</param>
    private Expression ParseTuple(bool withConditional = true, string end = "", bool inParentheses = false)
    {
        Token start = _tokens.Current;
        List<Expression> items = [];
        bool isTuple = false;
        while (!EndsTuple(end))
        {
            items.Add(ParseExpression(withConditional));
            if (!_tokens.SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return isTuple || (items.Count == 0 && inParentheses) ? new TupleExpression(start.Position, items)
            : items.Count > 0 ? items[0]
            : throw _tokens.Unexpected("an expression");
    }

    private bool EndsTuple(string end)
    {
        Token token = _tokens.Current;
        return token.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || token.IsOperator(")") || (end.Length > 0 && token.IsName(end));
    }

    private Expression ParseExpression(bool withConditional = true)
    {
        Enter();
        Expression expression = withConditional ? ParseConditional() : ParseOr();
        _nesting--;
        return expression;
    }

    private Expression ParseConditional()
    {
        Expression then = ParseOr();
        while (_tokens.Current.IsName("if"))
        {
            int position = _tokens.Take().Position;
            Expression test = ParseOr();
            Expression? otherwise = _tokens.SkipName("else") ? ParseExpression() : null;
            then = new ConditionalExpression(position, test, then, otherwise);
        }

        return then;
    }

    private Expression ParseOr() =>
        ParseChain(ParseAnd, token => token.IsName("or"), (op, left, right) => new LogicExpression(op.Position, false, left, right));

    private Expression ParseAnd() =>
        ParseChain(ParseNot, token => token.IsName("and"), (op, left, right) => new LogicExpression(op.Position, true, left, right));

    private Expression ParseNot()
    {
        if (!_tokens.Current.IsName("not"))
        {
            return ParseCompare();
        }

        Enter();
        int position = _tokens.Take().Position;
        NotExpression expression = new(position, ParseNot());
        _nesting--;
        return expression;
    }

    private Expression ParseCompare()
    {
        Expression first = ParseSum();
        int position = _tokens.Current.Position;
        List<KeyValuePair<string, Expression>> rest = [];
        while (TakeComparison() is { } op)
        {
            rest.Add(new(op, ParseSum()));
        }

        return rest.Count == 0 ? first : new CompareExpression(position, first, rest);
    }

    private string? TakeComparison()
    {
        Token token = _tokens.Current;
        if (token.Kind == TokenKind.Operator && token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
        {
            return _tokens.Take().Text;
        }

        if (_tokens.SkipName("in"))
        {
            return "in";
        }

        if (token.IsName("not") && _tokens.Next.IsName("in"))
        {
            _tokens.Take();
            _tokens.Take();
            return "not in";
        }

        return null;
    }

    private Expression ParseSum() => ParseBinary(ParseConcat, "+", "-");

    private Expression ParseConcat()
    {
        Expression first = ParseProduct();
        if (!_tokens.Current.IsOperator("~"))
        {
            return first;
        }

        List<Expression> items = [first];
        int position = _tokens.Current.Position;
        while (_tokens.SkipOperator("~"))
        {
            items.Add(ParseProduct());
        }

        return new ConcatExpression(position, items);
    }

    private Expression ParseProduct() => ParseBinary(ParsePower, "*", "/", "//", "%");

    // unlike Python's, jinja2's power is computed from the left, and a minus before it belongs to the base
    private Expression ParsePower() => ParseBinary(() => ParseUnary(), "**");

    private Expression ParseBinary(Func<Expression> parseOperand, params string[] operators) => ParseChain(
        parseOperand,
        token => token.Kind == TokenKind.Operator && operators.Contains(token.Text),
        (op, left, right) => new BinaryExpression(op.Position, op.Text, left, right));

    private Expression ParseChain(
        Func<Expression> parseOperand, Func<Token, bool> isOperator, Func<Token, Expression, Expression, Expression> combine)
    {
        Expression left = parseOperand();
        int nesting = _nesting;
        while (isOperator(_tokens.Current))
        {
            // the tree of a chain leans to the left: each link is a level
            Enter();
            Token op = _tokens.Take();
            left = combine(op, left, parseOperand());
        }

        _nesting = nesting;
        return left;
    }

    private Expression ParseUnary(bool withFilter = true)
    {
        Token token = _tokens.Current;
        Expression expression;
        if (token.IsOperator("-") || token.IsOperator("+"))
        {
            Enter();
            _tokens.Take();
            expression = new UnaryExpression(token.Position, token.Text[0], ParseUnary(withFilter: false));
            _nesting--;
        }
        else
        {
            expression = ParsePrimary();
        }

        expression = ParsePostfix(expression, withFilter: false);
        return withFilter ? ParsePostfix(expression, withFilter: true) : expression;
    }
}
