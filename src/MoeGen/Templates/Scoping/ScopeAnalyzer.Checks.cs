namespace MoeGen.Templates;

/// <summary>The walk through a frame's statements: checks them, and builds the frames inside.</summary>
internal sealed partial class ScopeAnalyzer
{
    private void Descend(Symbols symbols, IReadOnlyList<Statement> body, Context context)
    {
        foreach (Statement statement in body)
        {
            Descend(symbols, statement, context);
        }
    }

    private void Descend(Symbols symbols, Statement statement, Context context)
    {
        Context inner = context with { IsSoft = false };
        switch (statement)
        {
            case PrintStatement print:
                Check(print.Items, context.IsSoft);
                break;
            case IfStatement branches:
                Context soft = context with { IsSoft = true };
                foreach (IfBranch branch in branches.Branches)
                {
                    Check(branch.Test, isSoft: true);
                    Descend(symbols, branch.Body, soft);
                }

                Descend(symbols, branches.Else, soft);
                break;
            case ForStatement loop:
                Check(loop.Items, context.IsSoft);
                Check(loop.Filter, isSoft: false);
                BuildLoop(symbols, loop, context);
                break;
            case BreakStatement or ContinueStatement when !context.CanLeave:
                throw _source.Fault(statement.Position, "'break' and 'continue' stand outside of a loop");
            case SetStatement set:
                CheckTarget(set.Target, context);
                Check(set.Value, context.IsSoft);
                break;
            case SetBlockStatement set:
                CheckTarget(set.Target, context);
                Check(set.Filter, isSoft: false);
                set.Frame = FrameOf(symbols, _ => { }, set.Body, inner);
                break;
            case FilterBlockStatement filter:
                Check(filter.Filter, isSoft: false);
                filter.Frame = FrameOf(symbols, frame => Loader(frame).Visit(filter.Filter), filter.Body, inner);
                break;
            case WithStatement with:
                Check(with.Values.Select(value => value.Value), context.IsSoft);
                with.Frame = FrameOf(symbols, frame => DeclareAll(frame, with), with.Body, inner);
                break;
            case GenerationStatement generation:
                generation.Frame = FrameOf(symbols, _ => { }, generation.Body, inner with { CanLeave = false });
                break;
            case MacroStatement macro:
                Check(macro.Macro.Defaults, isSoft: false);
                BuildMacro(symbols, macro.Macro, macro.Position, context);
                break;
            case CallBlockStatement call:
                Check(call.Call, context.IsSoft);
                Check(call.Caller.Defaults, isSoft: false);
                BuildMacro(symbols, call.Caller, call.Position, context);
                break;
        }
    }

    private static void DeclareAll(Symbols symbols, WithStatement with)
    {
        foreach (string name in with.Values.SelectMany(value => value.Key.Names))
        {
            symbols.Declare(name);
        }
    }

    private void CheckTarget(Target target, Context context)
    {
        if (context.IsInFor && target.Names.Contains("loop"))
        {
            throw _source.Fault(target.Position, "'loop' cannot be assigned to inside a loop");
        }
    }

    private void Check(IEnumerable<Expression?> expressions, bool isSoft)
    {
        foreach (Expression? expression in expressions)
        {
            Check(expression, isSoft);
        }
    }

    private void Check(Expression? expression, bool isSoft)
    {
        switch (expression)
        {
            case null:
                return;
            case FilterExpression filter when FilterTable.IsUnsupported(filter.Name):
                throw _source.Fault(filter.Position, $"the filter '{filter.Name}' is not supported");
            case FilterExpression filter when !isSoft && FilterTable.Find(filter.Name) is null:
                throw _source.Fault(filter.Position, $"no filter is named '{filter.Name}'");
            case TestExpression test when !isSoft && TestTable.Find(test.Name) is null:
                throw _source.Fault(test.Position, $"no test is named '{test.Name}'");
        }

        Check(ExpressionParts.Of(expression), isSoft || expression is ConditionalExpression);
    }
}
