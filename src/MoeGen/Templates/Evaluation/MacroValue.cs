using System.Text;

namespace MoeGen.Templates;

/// <summary>A macro, or the block that <c>{% call %}</c> gives to one as <c>caller</c>.</summary>
/// <param name="interpreter">Renders the body.</param>
/// <param name="name">The macro's name; null for a block.</param>
/// <param name="body">Parameters and body.</param>
/// <param name="scope">Where it was defined, whose names it sees as they are when it is called.</param>
internal sealed class MacroValue(Interpreter interpreter, string? name, MacroBody body, Scope scope) : Value
{
    public override string TypeName => "Macro";

    public override bool IsCallable => true;

    public override Value? FindAttribute(string attribute) => attribute switch
    {
        "name" => name is null ? NoneValue.Instance : new TextValue(name),
        "arguments" => new TupleValue([.. body.Parameters.Select(parameter => new TextValue(parameter))]),
        "catch_kwargs" => BoolValue.Of(body.UsesKwargs),
        "catch_varargs" => BoolValue.Of(body.UsesVarargs),
        "caller" => BoolValue.Of(body.UsesCaller),
        _ => null,
    };

    public override Value Call(RenderContext context, Arguments arguments) =>
        context.Nest(() => interpreter.RenderMacro(body, scope, inner => Bind(arguments, inner)));

    public override void AppendRepr(StringBuilder text) =>
        text.Append("<Macro ").Append(name is null ? "anonymous" : $"'{name}'").Append('>');

    /// <summary>Gives the parameters their values; those that stay without one get their defaults afterwards.</summary>
    private void Bind(Arguments arguments, Scope inner)
    {
        List<KeyValuePair<string, Value>> named = [.. arguments.Named];
        int numPositional = Math.Min(arguments.Positional.Count, body.Parameters.Count);
        for (int i = 0; i < body.Parameters.Count; i++)
        {
            Value? value = i < numPositional ? arguments.Positional[i] : Take(named, body.Parameters[i]);
            if (value is not null)
            {
                inner.Set(body.Parameters[i], value);
            }
        }

        if (body.UsesCaller)
        {
            Value? caller = Take(named, "caller");
            inner.Set("caller", caller is null or NoneValue ? new UndefinedValue("no caller was given") : caller);
        }

        if (body.UsesKwargs)
        {
            inner.Set("kwargs", new DictValue(named.Select(pair => new KeyValuePair<Value, Value>(new TextValue(pair.Key), pair.Value))));
        }
        else if (named.Count > 0)
        {
            throw new TemplateFault($"macro '{name}' takes no argument named '{named[0].Key}'");
        }

        if (body.UsesVarargs)
        {
            inner.Set("varargs", new TupleValue([.. arguments.Positional.Skip(body.Parameters.Count)]));
        }
        else if (arguments.Positional.Count > body.Parameters.Count)
        {
            throw new TemplateFault($"macro '{name}' takes {body.Parameters.Count} arguments; {arguments.Positional.Count} were given");
        }
    }

    private static Value? Take(List<KeyValuePair<string, Value>> named, string parameter)
    {
        int index = named.FindIndex(pair => pair.Key == parameter);
        if (index < 0)
        {
            return null;
        }

        Value value = named[index].Value;
        named.RemoveAt(index);
        return value;
    }
}
