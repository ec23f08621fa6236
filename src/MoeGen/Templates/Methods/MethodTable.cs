namespace MoeGen.Templates;

/// <summary>The methods of a type by name. The first parameter of each is the value itself.</summary>
internal sealed class MethodTable
{
    private readonly Dictionary<string, Function> _functions = [];

    /// <summary>Adds a method.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="parameters">The parameters after the value itself, as <see cref="Function"/> takes them.</param>
    /// <param name="body">Gets the value itself as the first argument.</param>
    public void Add(string name, string parameters, FunctionBody body)
    {
        // the value itself has no name
        string all = parameters.Contains('/') ? $"self {parameters}" : $"self / {parameters}";
        _functions.Add(name, new Function(name, all, body));
    }

    public void Add(string name, Func<RenderContext, Arguments, Value> body) => _functions.Add(name, new Function(name, body));

    /// <summary>Returns a method that belongs to a value, or null.</summary>
    public Value? Bind(Value self, string name) =>
        _functions.TryGetValue(name, out Function? function) ? new FunctionValue(function, self) : null;
}
