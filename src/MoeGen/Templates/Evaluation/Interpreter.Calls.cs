namespace MoeGen.Templates;

/// <summary>Calls of functions, macros, filters and tests.</summary>
internal sealed partial class Interpreter
{
    /// <summary>Renders the body of a macro.</summary>
    /// <param name="macro">Parameters and body.</param>
    /// <param name="scope">Where the macro was defined.</param>
    /// <param name="bind">Sets the parameters that are given.</param>
    public TextValue RenderMacro(MacroBody macro, Scope scope, Action<Scope> bind)
    {
        Scope inner = new(macro.Frame, scope, _context);
        bind(inner);
        int firstDefault = macro.Parameters.Count - macro.Defaults.Count;
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            string parameter = macro.Parameters[i];
            if (inner.Find(parameter) is null)
            {
                inner.Set(parameter, i >= firstDefault
                    ? Evaluate(macro.Defaults[i - firstDefault], inner)
                    : new UndefinedValue($"parameter '{parameter}' was not provided"));
            }
        }

        TextBuilder output = new(_context);
        Execute(macro.Body, inner, output);
        return new TextValue(output.ToString());
    }

    private Value Call(CallExpression call, Scope scope, MacroValue? caller)
    {
        Value target = Evaluate(call.Target, scope);
        Arguments arguments = EvaluateArguments(call.Arguments, scope, caller);
        _position = call.Position;
        return target.Call(_context, arguments);
    }

    private Value ApplyFilter(FilterExpression filter, Value operand, Scope scope)
    {
        Function function = FilterTable.Find(filter.Name) ?? throw new TemplateFault($"no filter is named '{filter.Name}'");
        Arguments arguments = EvaluateArguments(filter.Arguments, scope, null);
        _position = filter.Position;
        return function.Invoke(_context, arguments.Prepend(operand));
    }

    private Value ApplyBlockFilter(FilterExpression filter, Value text, Scope scope)
    {
        Value operand = filter.Operand is FilterExpression inner ? ApplyBlockFilter(inner, text, scope) : text;
        return ApplyFilter(filter, operand, scope);
    }

    private Value ApplyTest(TestExpression test, Scope scope)
    {
        Function function = TestTable.Find(test.Name) ?? throw new TemplateFault($"no test is named '{test.Name}'");
        Value operand = Evaluate(test.Operand, scope);
        Arguments arguments = EvaluateArguments(test.Arguments, scope, null);
        _position = test.Position;
        return function.Invoke(_context, arguments.Prepend(operand));
    }

    private Arguments EvaluateArguments(CallArguments call, Scope scope, MacroValue? caller)
    {
        if (call == CallArguments.None && caller is null)
        {
            return Arguments.None;
        }

        List<Value> positional = [.. EvaluateAll(call.Positional, scope)];
        List<KeyValuePair<string, Value>> named = [];
        foreach ((string name, Expression value) in call.Named)
        {
            named.Add(new(name, Evaluate(value, scope)));
        }

        if (caller is not null)
        {
            AddNamed(named, "caller", caller);
        }

        if (call.Spread is not null)
        {
            positional.AddRange(_context.ToList(Evaluate(call.Spread, scope)));
        }

        if (call.NamedSpread is not null)
        {
            DictValue dict = Evaluate(call.NamedSpread, scope) as DictValue
                ?? throw new TemplateFault("argument after ** must be a mapping");
            foreach ((Value key, Value value) in dict.Items)
            {
                AddNamed(named, (key as TextValue)?.Text ?? throw new TemplateFault("keywords must be strings"), value);
            }
        }

        return new Arguments(positional, named);
    }

    private static void AddNamed(List<KeyValuePair<string, Value>> named, string name, Value value)
    {
        if (named.Exists(pair => pair.Key == name))
        {
            throw new TemplateFault($"got multiple values for the argument '{name}'");
        }

        named.Add(new(name, value));
    }
}
