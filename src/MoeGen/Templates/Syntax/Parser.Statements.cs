namespace MoeGen.Templates;

/// <summary>Statements: what stands between <c>{%</c> and <c>%}</c>.</summary>
internal sealed partial class Parser
{
    private static readonly string[] s_unsupported = ["block", "extends", "include", "import", "from", "autoescape"];

    private Statement ParseStatement(string owner, ReadOnlySpan<string> ends)
    {
        Token tag = _tokens.ExpectName();
        switch (tag.Text)
        {
            case "if":
                return ParseIf(tag);
            case "for":
                return ParseFor(tag);
            case "set":
                return ParseSet(tag);
            case "macro":
                return ParseMacro(tag);
            case "call":
                return ParseCallBlock(tag);
            case "filter":
                FilterExpression filter = ParseFilter(null);
                return new FilterBlockStatement(tag.Position, ParseFilters(filter), ParseBlock("filter", "endfilter"));
            case "with":
                return ParseWith(tag);
            case "generation":
                return new GenerationStatement(tag.Position, ParseBlock("generation", "endgeneration"));
            case "print":
                return ParsePrint(tag);
            case "break":
                return new BreakStatement(tag.Position);
            case "continue":
                return new ContinueStatement(tag.Position);
            default:
                string problem = s_unsupported.Contains(tag.Text) ? $"'{tag.Text}' is not supported in chat templates"
                    : $"unknown tag '{tag.Text}'";
                throw _tokens.Fault(tag, ends.Length == 0 ? problem : $"{problem}; inside '{owner}', expected {Alternatives(ends)}");
        }
    }

    private IfStatement ParseIf(Token tag)
    {
        List<IfBranch> branches = [];
        string end = "elif";
        while (end == "elif")
        {
            Expression test = ParseTuple(withConditional: false);
            EndTag();
            branches.Add(new IfBranch(test, ParseBody("if", out end, "elif", "else", "endif")));
        }

        List<Statement> otherwise = end == "else" ? ParseBlock("if", "endif") : [];
        return new IfStatement(tag.Position, branches, otherwise);
    }

    private ForStatement ParseFor(Token tag)
    {
        Target target = ParseTarget(withNamespace: false, end: "in");
        _tokens.ExpectName("in");
        Expression items = ParseTuple(withConditional: false, end: "recursive");
        Expression? filter = _tokens.SkipName("if") ? ParseExpression() : null;
        bool isRecursive = _tokens.SkipName("recursive");
        EndTag();
        List<Statement> body = ParseBody("for", out string end, "endfor", "else");
        List<Statement> otherwise = end == "else" ? ParseBlock("for", "endfor") : [];
        return new ForStatement(tag.Position, target, items, filter, isRecursive, body, otherwise);
    }

    private Statement ParseSet(Token tag)
    {
        Target target = ParseTarget(withNamespace: true);
        if (_tokens.SkipOperator("="))
        {
            return new SetStatement(tag.Position, target, ParseTuple());
        }

        FilterExpression? filter = _tokens.SkipOperator("|") ? ParseFilters(ParseFilter(null)) : null;
        return new SetBlockStatement(tag.Position, target, filter, ParseBlock("set", "endset"));
    }

    private MacroStatement ParseMacro(Token tag)
    {
        string name = ParseNameTarget().Name;
        (List<string> parameters, List<Expression> defaults) = ParseSignature();
        return new MacroStatement(tag.Position, name, new MacroBody(parameters, defaults, ParseBlock("macro", "endmacro")));
    }

    private CallBlockStatement ParseCallBlock(Token tag)
    {
        (List<string> parameters, List<Expression> defaults) = _tokens.Current.IsOperator("(") ? ParseSignature() : ([], []);
        CallExpression call = ParseExpression() as CallExpression ?? throw _tokens.Fault(tag, "expected a call after 'call'");
        return new CallBlockStatement(tag.Position, call, new MacroBody(parameters, defaults, ParseBlock("call", "endcall")));
    }

    private (List<string> Parameters, List<Expression> Defaults) ParseSignature()
    {
        List<string> parameters = [];
        List<Expression> defaults = [];
        _tokens.ExpectOperator("(");
        while (!_tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            NameTarget parameter = ParseNameTarget();
            if (_tokens.SkipOperator("="))
            {
                defaults.Add(ParseExpression());
            }
            else if (defaults.Count > 0)
            {
                throw _source.Fault(parameter.Position, $"parameter '{parameter.Name}' has no default but follows one that has");
            }

            if (parameters.Contains(parameter.Name))
            {
                throw _source.Fault(parameter.Position, $"parameter '{parameter.Name}' appears twice");
            }

            parameters.Add(parameter.Name);
        }

        _tokens.Take();
        return (parameters, defaults);
    }

    private WithStatement ParseWith(Token tag)
    {
        List<KeyValuePair<Target, Expression>> values = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            Target target = ParseTarget(withNamespace: false);
            _tokens.ExpectOperator("=");
            values.Add(new(target, ParseExpression()));
        }

        return new WithStatement(tag.Position, values, ParseBlock("with", "endwith"));
    }

    private PrintStatement ParsePrint(Token tag)
    {
        List<Expression> items = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (items.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            items.Add(ParseExpression());
        }

        return new PrintStatement(tag.Position, items);
    }
}
