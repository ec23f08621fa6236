namespace MoeGen.Templates;

/// <summary>Loops, plain and recursive.</summary>
internal sealed partial class Interpreter
{
    private Flow ExecuteFor(ForStatement loop, Scope scope, TextBuilder output)
    {
        Value items = Evaluate(loop.Items, scope);
        _position = loop.Position;
        if (!loop.IsRecursive)
        {
            return RunLoop(loop, items, scope, output, null, 0);
        }

        output.Append(RenderLoop(loop, items, scope, 0));
        return Flow.Next;
    }

    /// <summary>Runs a recursive loop for one level; the template calls <c>loop(items)</c> for the next one.</summary>
    private string RenderLoop(ForStatement loop, Value items, Scope scope, int depth) => _context.Nest(() =>
    {
        TextBuilder text = new(_context);
        RunLoop(loop, items, scope, text, (inner, level) => RenderLoop(loop, inner, scope, level), depth);
        return text.ToString();
    });

    private Flow RunLoop(
        ForStatement loop, Value items, Scope scope, TextBuilder output, Func<Value, int, string>? recurse, int depth)
    {
        Scope inner = new(loop.BodyFrame, scope, _context);
        IEnumerator<Value> iterator = _context.Iterate(items);
        LoopValue state = loop.Filter is null
            ? new LoopValue(iterator, items.Length, depth, recurse)
            : new LoopValue(FilterItems(loop, iterator, scope), null, depth, recurse);
        bool isElse = true;
        while (state.MoveNext())
        {
            _context.Step();
            inner.Enter();
            inner.Set("loop", state);
            Assign(loop.Target, state.Current, inner);
            Flow flow = Execute(loop.Body, inner, output);
            if (flow == Flow.Break)
            {
                break;
            }

            // as in jinja2, an item that ends with `continue` does not count as one
            isElse &= flow == Flow.Continue;
        }

        inner.Leave();
        return isElse && loop.Else.Count > 0
            ? Execute(loop.Else, new Scope(loop.ElseFrame, scope, _context), output)
            : Flow.Next;
    }

    // items are tested when the loop asks for them, so that the test sees what the body has assigned
    private IEnumerator<Value> FilterItems(ForStatement loop, IEnumerator<Value> items, Scope scope)
    {
        Scope inner = new(loop.FilterFrame, scope, _context);
        while (items.MoveNext())
        {
            Assign(loop.Target, items.Current, inner);
            if (Evaluate(loop.Filter!, inner).IsTrue)
            {
                yield return ToValue(loop.Target, inner);
            }
        }
    }

    private static Value ToValue(Target target, Scope scope) => target is TupleTarget tuple
        ? new TupleValue([.. tuple.Items.Select(item => ToValue(item, scope))])
        : scope.Find(((NameTarget)target).Name)!;
}
