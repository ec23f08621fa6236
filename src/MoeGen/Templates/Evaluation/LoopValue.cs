using System.Text;

namespace MoeGen.Templates;

/// <summary>What <c>loop</c> is inside a loop. Looks ahead only when it is asked to.</summary>
internal sealed class LoopValue : Value
{
    private readonly Func<Value, int, string>? _recurse;
    private readonly int _depth;
    private IEnumerator<Value> _items;
    private int? _length;
    private int _index = -1;
    private Value? _before;
    private Value? _current;
    private Value? _after;
    private Value? _lastChanged;

    /// <summary>Creates the state of a loop that has not begun.</summary>
    /// <param name="items">The items to come.</param>
    /// <param name="length">How many there are; null: not known without looking.</param>
    /// <param name="depth">How many loops of the same kind run around this one.</param>
    /// <param name="recurse">Renders the loop for other items, one level deeper; null: not a recursive loop.</param>
    public LoopValue(IEnumerator<Value> items, int? length, int depth, Func<Value, int, string>? recurse)
    {
        _items = items;
        _length = length;
        _depth = depth;
        _recurse = recurse;
    }

    public override string TypeName => "LoopContext";

    public override bool IsTrue => NumItems > 0;

    public override int? Length => NumItems;

    public override bool IsCallable => true;

    public Value Current => _current!;

    private int NumItems
    {
        get
        {
            if (_length is not { } length)
            {
                List<Value> rest = [];
                while (_items.MoveNext())
                {
                    rest.Add(_items.Current);
                }

                _items = rest.GetEnumerator();
                _length = length = rest.Count + _index + 1 + (_after is null ? 0 : 1);
            }

            return length;
        }
    }

    public bool MoveNext()
    {
        Value? next = Peek();
        if (next is null)
        {
            return false;
        }

        _after = null;
        _before = _current;
        _current = next;
        _index++;
        return true;
    }

    // iterating over `loop` itself advances it
    public override IEnumerator<Value> Iterate()
    {
        while (MoveNext())
        {
            yield return new TupleValue([Current, this]);
        }
    }

    public override Value? FindAttribute(string name) => name switch
    {
        "index" => IntValue.Of(_index + 1),
        "index0" => IntValue.Of(_index),
        "revindex" => IntValue.Of(NumItems - _index),
        "revindex0" => IntValue.Of(NumItems - _index - 1),
        "first" => BoolValue.Of(_index == 0),
        "last" => BoolValue.Of(Peek() is null),
        "length" => IntValue.Of(NumItems),
        "depth" => IntValue.Of(_depth + 1),
        "depth0" => IntValue.Of(_depth),
        "previtem" => _index == 0 ? new UndefinedValue("there is no previous item") : _before,
        "nextitem" => Peek() ?? new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue(new Function("cycle", Cycle)),
        "changed" => new FunctionValue(new Function("changed", Changed)),
        _ => null,
    };

    public override Value Call(RenderContext context, Arguments arguments)
    {
        if (_recurse is null)
        {
            throw new TemplateFault("the loop needs the word 'recursive' to be called");
        }

        return arguments is { Positional: [Value items], Named.Count: 0 }
            ? new TextValue(_recurse(items, _depth + 1))
            : throw new TemplateFault("loop() takes one argument, the items");
    }

    public override void AppendRepr(StringBuilder text) => text.Append($"<LoopContext {_index + 1}/{NumItems}>");

    private Value? Peek() => _after ??= _items.MoveNext() ? _items.Current : null;

    private Value Cycle(RenderContext context, Arguments arguments) => arguments is { Positional.Count: > 0, Named.Count: 0 }
        ? arguments.Positional[_index % arguments.Positional.Count]
        : throw new TemplateFault("cycle() needs items");

    private BoolValue Changed(RenderContext context, Arguments arguments)
    {
        TupleValue values = new(arguments.Positional);
        bool isChanged = !values.Equals(_lastChanged);
        _lastChanged = values;
        return BoolValue.Of(isChanged);
    }
}
