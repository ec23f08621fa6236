namespace MoeGen.Templates;

/// <summary>What may stand on the left of an assignment.</summary>
internal sealed partial class Parser
{
    private static readonly string[] s_constants = ["true", "false", "none", "True", "False", "None"];

    private NameTarget ParseNameTarget()
    {
        Token name = _tokens.ExpectName();
        return s_constants.Contains(name.Text)
            ? throw _tokens.Fault(name, $"'{name.Text}' cannot be assigned to")
            : new NameTarget(name.Position, name.Text);
    }

    /// <summary>Parses a name, an attribute of a namespace, or several of them.</summary>
    /// <param name="withNamespace">Whether attributes are allowed.</param>
    /// <param name="end">A name that ends the list, as <c>in</c> does in loops.</param>
    private Target ParseTarget(bool withNamespace, string end = "")
    {
        Enter();
        Token start = _tokens.Current;
        List<Target> items = [];
        bool isTuple = false;
        while (!EndsTuple(end))
        {
            items.Add(ParseSingleTarget(withNamespace));
            if (!_tokens.SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        _nesting--;
        return isTuple ? new TupleTarget(start.Position, items)
            : items.Count > 0 ? items[0]
            : throw _tokens.Unexpected("a name to assign to");
    }

    private Target ParseSingleTarget(bool withNamespace)
    {
        Token token = _tokens.Current;
        if (_tokens.SkipOperator("("))
        {
            // an empty tuple is a target: it takes an empty sequence apart
            Target inner = _tokens.Current.IsOperator(")") ? new TupleTarget(token.Position, []) : ParseTarget(withNamespace: false);
            _tokens.ExpectOperator(")");
            return inner;
        }

        if (withNamespace && token.Kind == TokenKind.Name && _tokens.Next.IsOperator("."))
        {
            _tokens.Take();
            _tokens.Take();
            return new NamespaceTarget(token.Position, token.Text, _tokens.ExpectName().Text);
        }

        return ParseNameTarget();
    }
}
