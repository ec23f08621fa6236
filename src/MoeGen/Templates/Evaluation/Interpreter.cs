namespace MoeGen.Templates;

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>Renders a parsed template.</summary>
/// <remarks>Source: jinja2 3.1, compiler.py and runtime.py.</remarks>
internal sealed partial class Interpreter
{
    private readonly RenderContext _context;
    private int _position; // where the last node stands, for errors

    private Interpreter(RenderContext context)
    {
        _context = context;
    }

    /// <summary>Renders a template.</summary>
    /// <exception cref="ChatTemplateRenderException">A value has no such operation, or a limit was reached.</exception>
    /// <exception cref="ChatTemplateRaisedException">The template called <c>raise_exception</c>.</exception>
    public static string Render(TemplateRoot root, RenderContext context)
    {
        Interpreter interpreter = new(context);
        try
        {
            TextBuilder output = new(context);
            interpreter.Execute(root.Body, new Scope(root.Frame, null, context), output);
            return output.ToString();
        }
        catch (TemplateFault fault)
        {
            int line = root.Source.LineOf(interpreter._position);
            throw new ChatTemplateRenderException($"{root.Source.Name}({line}): {fault.Message}", fault);
        }
    }

    private Flow Execute(IReadOnlyList<Statement> body, Scope scope, TextBuilder output)
    {
        foreach (Statement statement in body)
        {
            Flow flow = Execute(statement, scope, output);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Execute(Statement statement, Scope scope, TextBuilder output)
    {
        _context.Step();
        _position = statement.Position;
        switch (statement)
        {
            case DataStatement data:
                output.Append(data.Text);
                return Flow.Next;
            case PrintStatement print:
                Print(print, scope, output);
                return Flow.Next;
            case IfStatement branches:
                IfBranch? taken = branches.Branches.FirstOrDefault(branch => Evaluate(branch.Test, scope).IsTrue);
                return Execute(taken?.Body ?? branches.Else, scope, output);
            case ForStatement loop:
                return ExecuteFor(loop, scope, output);
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            case SetStatement set:
                RequireNamespaces(set.Target, scope);
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case SetBlockStatement set:
                return ExecuteSetBlock(set, scope);
            case FilterBlockStatement filter:
                return ExecuteFilterBlock(filter, scope, output);
            case WithStatement with:
                return ExecuteWith(with, scope, output);
            case GenerationStatement generation:
                return Execute(generation.Body, new Scope(generation.Frame, scope, _context), output);
            case MacroStatement macro:
                scope.Set(macro.Name, new MacroValue(this, macro.Name, macro.Macro, scope));
                return Flow.Next;
            case CallBlockStatement call:
                MacroValue caller = new(this, null, call.Caller, scope);
                output.Append(RequireText(Call(call.Call, scope, caller)));
                return Flow.Next;
            default:
                throw new InvalidOperationException($"No execution of {statement.GetType().Name}.");
        }
    }

    private void Print(PrintStatement print, Scope scope, TextBuilder output)
    {
        // jinja2 computes a statement's values before it writes the first one, but nothing can tell
        foreach (Expression item in print.Items)
        {
            try
            {
                output.Append(_context.ToText(Evaluate(item, scope)));
            }
            catch (TemplateFault) when (item is SliceExpression { Step: not ConstantExpression { Value: NumberValue { IsTrue: false } } }
                && IsConstant(item))
            {
                // jinja2 writes constants beforehand, and there a slice that cannot be is undefined, like an item
            }
        }
    }

    private Flow ExecuteSetBlock(SetBlockStatement set, Scope scope)
    {
        Scope inner = new(set.Frame, scope, _context);
        TextBuilder captured = new(_context);
        Flow flow = Execute(set.Body, inner, captured);
        if (flow == Flow.Next)
        {
            Value text = new TextValue(captured.ToString());
            Assign(set.Target, set.Filter is null ? text : ApplyBlockFilter(set.Filter, text, inner), scope);
        }

        inner.Leave();
        return flow;
    }

    private Flow ExecuteFilterBlock(FilterBlockStatement filter, Scope scope, TextBuilder output)
    {
        Scope inner = new(filter.Frame, scope, _context);
        TextBuilder captured = new(_context);
        Flow flow = Execute(filter.Body, inner, captured);
        if (flow == Flow.Next)
        {
            output.Append(RequireText(ApplyBlockFilter(filter.Filter, new TextValue(captured.ToString()), inner)));
        }

        inner.Leave();
        return flow;
    }

    private Flow ExecuteWith(WithStatement with, Scope scope, TextBuilder output)
    {
        Scope inner = new(with.Frame, scope, _context);
        foreach ((Target target, Expression value) in with.Values)
        {
            Assign(target, Evaluate(value, scope), inner);
        }

        Flow flow = Execute(with.Body, inner, output);
        inner.Leave();
        return flow;
    }

    // unlike a printed value, what a block becomes is not converted
    private static string RequireText(Value value) =>
        (value as TextValue)?.Text ?? throw new TemplateFault($"a block became '{value.TypeName}'; it must be a text");

    private void RequireNamespaces(Target target, Scope scope)
    {
        foreach (NamespaceTarget name in target.Namespaces)
        {
            if (scope.Find(name.Namespace) is not NamespaceValue)
            {
                throw new TemplateFault("cannot assign attribute on non-namespace object");
            }
        }
    }

    /// <summary>Assigns a value, taking it apart where the target is a tuple.</summary>
    public void Assign(Target target, Value value, Scope scope)
    {
        switch (target)
        {
            case NameTarget name:
                scope.Set(name.Name, value);
                break;
            case NamespaceTarget name:
                NamespaceValue? names = scope.Find(name.Namespace) as NamespaceValue;
                (names ?? throw new TemplateFault("cannot assign attribute on non-namespace object")).Set(name.Attribute, value);
                break;
            case TupleTarget tuple:
                List<Value> parts = _context.ToList(value);
                if (parts.Count != tuple.Items.Count)
                {
                    throw new TemplateFault($"{parts.Count} values to unpack; expected {tuple.Items.Count}");
                }

                for (int i = 0; i < parts.Count; i++)
                {
                    Assign(tuple.Items[i], parts[i], scope);
                }

                break;
        }
    }
}
