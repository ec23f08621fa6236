namespace MoeGen.Templates;

/// <summary>Reports every name of an expression or a statement, in the order in which jinja2's visitors meet them.</summary>
/// <param name="report">Gets the name and whether it is read.</param>
internal sealed class NameWalker(Action<string, bool> report)
{
    public void Visit(IEnumerable<Expression?> expressions)
    {
        foreach (Expression? expression in expressions)
        {
            Visit(expression);
        }
    }

    public void Visit(Expression? expression)
    {
        if (expression is NameExpression name)
        {
            report(name.Name, true);
        }
        else if (expression is not null)
        {
            Visit(ExpressionParts.Of(expression));
        }
    }

    /// <summary>Reports the names of a body with everything inside it.</summary>
    public void VisitAll(IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body)
        {
            VisitAll(statement);
        }
    }

    private void VisitAll(Statement statement)
    {
        switch (statement)
        {
            case PrintStatement print:
                Visit(print.Items);
                break;
            case IfStatement branches:
                foreach (IfBranch branch in branches.Branches)
                {
                    Visit(branch.Test);
                    VisitAll(branch.Body);
                }

                VisitAll(branches.Else);
                break;
            case ForStatement loop:
                Assign(loop.Target);
                Visit(loop.Items);
                VisitAll(loop.Body);
                VisitAll(loop.Else);
                Visit(loop.Filter);
                break;
            case SetStatement set:
                Assign(set.Target);
                Visit(set.Value);
                break;
            case SetBlockStatement set:
                Assign(set.Target);
                Visit(set.Filter);
                VisitAll(set.Body);
                break;
            case FilterBlockStatement filter:
                VisitAll(filter.Body);
                Visit(filter.Filter);
                break;
            case WithStatement with:
                foreach ((Target target, _) in with.Values)
                {
                    Assign(target);
                }

                Visit(with.Values.Select(value => value.Value));
                VisitAll(with.Body);
                break;
            case GenerationStatement generation:
                VisitAll(generation.Body);
                break;
            case MacroStatement macro:
                VisitAll(macro.Macro);
                break;
            case CallBlockStatement call:
                Visit(call.Call);
                VisitAll(call.Caller);
                break;
        }
    }

    private void VisitAll(MacroBody macro)
    {
        foreach (string parameter in macro.Parameters)
        {
            report(parameter, false);
        }

        Visit(macro.Defaults);
        VisitAll(macro.Body);
    }

    private void Assign(Target target)
    {
        foreach (string name in target.Names)
        {
            report(name, false);
        }
    }
}
