namespace MoeGen.Templates;

/// <summary>A built-in function, filter, test or method: its parameters as Python declares them, and what it does.</summary>
internal sealed class Function
{
    private readonly string[] _parameters;
    private readonly int _numRequired;
    private readonly int _numPositionalOnly;
    private readonly FunctionBody? _body;
    private readonly Func<RenderContext, Arguments, Value>? _rawBody;

    /// <summary>Creates a function with fixed parameters.</summary>
    /// <param name="name">Its name in errors.</param>
    /// <param name="parameters">
    /// Names with blanks between them; <c>?</c> behind one that may be absent, <c>/</c> after those that cannot be named.
    /// </param>
    /// <param name="body">Gets an entry for each parameter, null where it is absent.</param>
    public Function(string name, string parameters, FunctionBody body)
    {
        Name = name;
        string[] declared = parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _numPositionalOnly = Math.Max(0, Array.IndexOf(declared, "/"));
        _parameters = [.. declared.Where(parameter => parameter != "/").Select(parameter => parameter.TrimEnd('?'))];
        _numRequired = declared.Count(parameter => parameter != "/" && !parameter.EndsWith('?'));
        _body = body;
    }

    /// <summary>Creates a function that takes whatever it is given.</summary>
    public Function(string name, Func<RenderContext, Arguments, Value> body)
    {
        Name = name;
        _parameters = [];
        _rawBody = body;
    }

    public string Name { get; }

    public Value Invoke(RenderContext context, Arguments arguments)
    {
        context.Step();
        return _rawBody is not null ? _rawBody(context, arguments) : _body!(context, Bind(arguments));
    }

    private Value?[] Bind(Arguments arguments)
    {
        Value?[] values = new Value?[_parameters.Length];
        if (arguments.Positional.Count > values.Length)
        {
            throw new TemplateFault($"{Name}() takes at most {values.Length} arguments; {arguments.Positional.Count} were given");
        }

        for (int i = 0; i < arguments.Positional.Count; i++)
        {
            values[i] = arguments.Positional[i];
        }

        foreach ((string name, Value value) in arguments.Named)
        {
            int index = Array.IndexOf(_parameters, name, _numPositionalOnly);
            if (index < 0 || values[index] is not null)
            {
                throw new TemplateFault($"{Name}() got {(index < 0 ? "an unexpected" : "a second")} argument '{name}'");
            }

            values[index] = value;
        }

        int missing = Array.FindIndex(values, 0, _numRequired, value => value is null);
        return missing < 0 ? values : throw new TemplateFault($"{Name}() needs an argument '{_parameters[missing]}'");
    }
}
