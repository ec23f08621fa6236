namespace MoeGen.Templates;

/// <summary>
/// Gives every region of a template the frame with its names, and refuses what jinja2 refuses before rendering: unknown filters and
/// tests, <c>break</c> outside of a loop, assignments to <c>loop</c>.
/// </summary>
internal sealed partial class ScopeAnalyzer
{
    private readonly TemplateSource _source;

    private ScopeAnalyzer(TemplateSource source)
    {
        _source = source;
    }

    public static TemplateRoot Analyze(TemplateSource source, IReadOnlyList<Statement> body)
    {
        ScopeAnalyzer analyzer = new(source);
        Symbols symbols = new(null);
        Gather(symbols, body);
        analyzer.Descend(symbols, body, default);
        return new TemplateRoot(source, body, symbols.ToFrame());
    }

    /// <summary>Gathers the names of one frame; stops at statements that have a frame of their own.</summary>
    private static void Gather(Symbols symbols, IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body)
        {
            Gather(symbols, statement);
        }
    }

    private static void Gather(Symbols symbols, Statement statement)
    {
        switch (statement)
        {
            case PrintStatement print:
                Loader(symbols).Visit(print.Items);
                break;
            case IfStatement branches:
                GatherIf(symbols, branches);
                break;
            case ForStatement loop:
                Loader(symbols).Visit(loop.Items);
                break;
            case SetStatement set:
                Loader(symbols).Visit(set.Value);
                GatherTarget(symbols, set.Target);
                break;
            case SetBlockStatement set:
                GatherTarget(symbols, set.Target);
                break;
            case FilterBlockStatement filter:
                Loader(symbols).Visit(filter.Filter);
                break;
            case WithStatement with:
                Loader(symbols).Visit(with.Values.Select(value => value.Value));
                break;
            case MacroStatement macro:
                symbols.Store(macro.Name);
                break;
            case CallBlockStatement call:
                Loader(symbols).Visit(call.Call);
                break;
        }
    }

    private static void GatherIf(Symbols symbols, IfStatement statement)
    {
        Loader(symbols).Visit(statement.Branches[0].Test);
        Symbols body = symbols.Branch(), alternatives = symbols.Branch(), otherwise = symbols.Branch();
        Gather(body, statement.Branches[0].Body);
        foreach (IfBranch branch in statement.Branches.Skip(1))
        {
            Loader(alternatives).Visit(branch.Test);
            Symbols inner = alternatives.Branch();
            Gather(inner, branch.Body);
            alternatives.Merge([inner]);
        }

        Gather(otherwise, statement.Else);
        symbols.Merge([body, alternatives, otherwise]);
    }

    private static void GatherTarget(Symbols symbols, Target target)
    {
        switch (target)
        {
            case NameTarget name:
                symbols.Store(name.Name);
                break;
            case NamespaceTarget name:
                symbols.Load(name.Namespace);
                break;
            case TupleTarget tuple:
                foreach (Target item in tuple.Items)
                {
                    GatherTarget(symbols, item);
                }

                break;
        }
    }

    private static NameWalker Loader(Symbols symbols) => new((name, _) => symbols.Load(name));

    private Frame FrameOf(Symbols parent, Action<Symbols> declare, IReadOnlyList<Statement> body, Context context)
    {
        Symbols symbols = new(parent);
        declare(symbols);
        Gather(symbols, body);
        Descend(symbols, body, context);
        return symbols.ToFrame();
    }

    private void BuildLoop(Symbols symbols, ForStatement loop, Context context)
    {
        if (loop.Target.Names.Contains("loop"))
        {
            throw _source.Fault(loop.Position, "'loop' cannot be assigned to inside a loop");
        }

        void DeclareTarget(Symbols inner)
        {
            foreach (string name in loop.Target.Names)
            {
                inner.Declare(name);
            }
        }

        // the else branch of a recursive loop is part of a function: no loop around it to leave
        bool canLeave = context.CanLeave && !loop.IsRecursive;
        loop.ElseFrame = FrameOf(symbols, _ => { }, loop.Else, new Context(canLeave, context.IsInFor, false));
        loop.FilterFrame = FrameOf(
            symbols,
            inner =>
            {
                DeclareTarget(inner);
                Loader(inner).Visit(loop.Filter);
            },
            [],
            default);
        loop.BodyFrame = FrameOf(
            symbols,
            inner =>
            {
                inner.Declare("loop");
                DeclareTarget(inner);
            },
            loop.Body,
            new Context(true, true, false));
    }

    private void BuildMacro(Symbols symbols, MacroBody macro, int position, Context context)
    {
        HashSet<string> special = ["caller", "kwargs", "varargs"], used = [];
        NameWalker walker = new((name, isRead) =>
        {
            if (isRead && special.Contains(name))
            {
                used.Add(name);
            }
            else
            {
                special.Remove(name);
            }
        });
        walker.VisitAll(macro.Body);
        int explicitCaller = macro.Parameters.ToList().IndexOf("caller");
        if (used.Contains("caller") && explicitCaller >= 0 && explicitCaller < macro.Parameters.Count - macro.Defaults.Count)
        {
            throw _source.Fault(position, "the parameter 'caller' needs a default, or to be left out");
        }

        macro.UsesCaller = used.Contains("caller") && explicitCaller < 0;
        macro.UsesKwargs = used.Contains("kwargs") && !macro.Parameters.Contains("kwargs");
        macro.UsesVarargs = used.Contains("varargs") && !macro.Parameters.Contains("varargs");
        macro.Frame = FrameOf(
            symbols,
            inner =>
            {
                foreach (string name in macro.Parameters)
                {
                    inner.Declare(name);
                }

                Loader(inner).Visit(macro.Defaults);
                foreach (string name in Specials(macro))
                {
                    inner.Declare(name);
                }
            },
            macro.Body,
            new Context(false, context.IsInFor, false));
    }

    private static IEnumerable<string> Specials(MacroBody macro) =>
        new[] { (macro.UsesCaller, "caller"), (macro.UsesKwargs, "kwargs"), (macro.UsesVarargs, "varargs") }
            .Where(special => special.Item1)
            .Select(special => special.Item2);

    /// <summary>What surrounds a statement.</summary>
    /// <param name="CanLeave">Whether there is a loop that <c>break</c> ends.</param>
    /// <param name="IsInFor">Whether a loop stands around it, where <c>loop</c> is not to be assigned.</param>
    /// <param name="IsSoft">Whether an unknown filter is only an error when it is reached, as inside an <c>if</c>.</param>
    private readonly record struct Context(bool CanLeave, bool IsInFor, bool IsSoft);
}
