using System.Globalization;
using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Literals, names, and what may follow them.</summary>
internal sealed partial class Parser
{
    private Expression ParsePrimary()
    {
        Token token = _tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                _tokens.Take();
                return token.Text switch
                {
                    "true" or "True" => new ConstantExpression(token.Position, BoolValue.True),
                    "false" or "False" => new ConstantExpression(token.Position, BoolValue.False),
                    "none" or "None" => new ConstantExpression(token.Position, NoneValue.Instance),
                    _ => new NameExpression(token.Position, token.Text),
                };
            case TokenKind.Text:
                string text = "";
                while (_tokens.Current.Kind == TokenKind.Text)
                {
                    text += _tokens.Take().Text;
                }

                return new ConstantExpression(token.Position, new TextValue(text));
            case TokenKind.Integer:
                return new ConstantExpression(token.Position, ReadInteger(_tokens.Take()));
            case TokenKind.Float:
                return new ConstantExpression(token.Position,
                    new FloatValue(double.Parse(_tokens.Take().Text, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                _tokens.Take();
                Expression inner = ParseTuple(inParentheses: true);
                _tokens.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                _tokens.Take();
                return new ListExpression(token.Position, ParseItems("]", () => ParseExpression()));
            case TokenKind.Operator when token.Text == "{":
                _tokens.Take();
                return new DictExpression(token.Position, ParseItems("}", ParsePair));
            default:
                throw _tokens.Unexpected("an expression");
        }
    }

    private List<T> ParseItems<T>(string close, Func<T> parse)
    {
        List<T> items = [];
        while (!_tokens.Current.IsOperator(close))
        {
            items.Add(parse());
            if (!_tokens.Current.IsOperator(close))
            {
                _tokens.ExpectOperator(",");
            }
        }

        _tokens.Take();
        return items;
    }

    private KeyValuePair<Expression, Expression> ParsePair()
    {
        Expression key = ParseExpression();
        _tokens.ExpectOperator(":");
        return new(key, ParseExpression());
    }

    private IntValue ReadInteger(Token token)
    {
        string text = token.Text;
        if (text.Length > TemplateLimits.MaxDigits)
        {
            throw _tokens.Fault(token, $"the number has {text.Length} digits; at most {TemplateLimits.MaxDigits} are read");
        }

        return new IntValue(text.Length < 3 ? Decimal(text) : text[..2].ToLowerInvariant() switch
        {
            // a zero in front keeps the number from being read as negative
            "0x" => BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            "0o" => text[2..].Aggregate(BigInteger.Zero, (sum, digit) => (sum * 8) + (digit - '0')),
            "0b" => text[2..].Aggregate(BigInteger.Zero, (sum, digit) => (sum * 2) + (digit - '0')),
            _ => Decimal(text),
        });

        static BigInteger Decimal(string digits) => BigInteger.Parse(digits, CultureInfo.InvariantCulture);
    }

    /// <summary>Parses attributes, items and calls, or filters, tests and calls.</summary>
    private Expression ParsePostfix(Expression expression, bool withFilter)
    {
        int nesting = _nesting;
        while (true)
        {
            Enter();
            Token token = _tokens.Current;
            if (token.IsOperator("("))
            {
                expression = new CallExpression(token.Position, expression, ParseArguments());
            }
            else if (withFilter && _tokens.SkipOperator("|"))
            {
                expression = ParseFilter(expression);
            }
            else if (withFilter && _tokens.SkipName("is"))
            {
                expression = ParseTest(expression);
            }
            else if (!withFilter && _tokens.SkipOperator("."))
            {
                expression = ParseAttribute(expression);
            }
            else if (!withFilter && _tokens.SkipOperator("["))
            {
                expression = ParseItem(expression, token);
            }
            else
            {
                _nesting = nesting;
                return expression;
            }
        }
    }

    private Expression ParseAttribute(Expression target)
    {
        Token name = _tokens.Current;
        return name.Kind switch
        {
            TokenKind.Name => new AttributeExpression(name.Position, target, _tokens.Take().Text),
            TokenKind.Integer =>
                new ItemExpression(name.Position, target, new ConstantExpression(name.Position, ReadInteger(_tokens.Take()))),
            _ => throw _tokens.Unexpected("a name or a number"),
        };
    }

    private Expression ParseItem(Expression target, Token bracket)
    {
        if (_tokens.SkipOperator("]"))
        {
            return new ItemExpression(bracket.Position, target, new TupleExpression(bracket.Position, []));
        }

        Expression? start = _tokens.Current.IsOperator(":") ? null : ParseExpression();
        if (_tokens.SkipOperator(":"))
        {
            Expression? stop = ParseSlicePart(), step = _tokens.SkipOperator(":") ? ParseSlicePart() : null;
            _tokens.ExpectOperator("]");
            return new SliceExpression(bracket.Position, target, start, stop, step);
        }

        if (_tokens.SkipOperator("]"))
        {
            return new ItemExpression(bracket.Position, target, start!);
        }

        List<Expression> keys = [start!];
        while (_tokens.SkipOperator(","))
        {
            keys.Add(ParseExpression());
        }

        _tokens.ExpectOperator("]");
        return new ItemExpression(bracket.Position, target, new TupleExpression(bracket.Position, keys));
    }

    private Expression? ParseSlicePart() => _tokens.Current.IsOperator(":") || _tokens.Current.IsOperator("]") ? null : ParseExpression();
}
