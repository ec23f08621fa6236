using System.Text;

namespace MoeGen.Templates;

/// <summary>What <c>cycler(...)</c> returns: gives its items in turn.</summary>
internal sealed class CyclerValue(IReadOnlyList<Value> items) : Value
{
    private int _position;

    public override string TypeName => "Cycler";

    public override Value? FindAttribute(string name) => name switch
    {
        "current" => items[_position],
        "items" => new TupleValue(items),
        "pos" => IntValue.Of(_position),
        "next" => new FunctionValue(new Function("next", "", (_, _) => Next())),
        "reset" => new FunctionValue(new Function("reset", "", (_, _) =>
        {
            _position = 0;
            return NoneValue.Instance;
        })),
        _ => null,
    };

    public override void AppendRepr(StringBuilder text) => text.Append("<Cycler>");

    private Value Next()
    {
        Value item = items[_position];
        _position = (_position + 1) % items.Count;
        return item;
    }
}

/// <summary>What <c>joiner(sep)</c> returns: nothing at the first call, the separator afterwards.</summary>
internal sealed class JoinerValue(Value separator) : Value
{
    private bool _isUsed;

    public override string TypeName => "Joiner";

    public override bool IsCallable => true;

    public override Value? FindAttribute(string name) => name switch
    {
        "sep" => separator,
        "used" => BoolValue.Of(_isUsed),
        _ => null,
    };

    public override Value Call(RenderContext context, Arguments arguments)
    {
        bool isFirst = !_isUsed;
        _isUsed = true;
        return isFirst ? TextValue.Empty : separator;
    }

    public override void AppendRepr(StringBuilder text) => text.Append("<Joiner>");
}
