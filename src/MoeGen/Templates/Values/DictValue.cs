using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>dict</c>: keys keep the order in which they came. The sandbox lets no template change one.</summary>
internal sealed class DictValue : Value
{
    private readonly OrderedDictionary<Value, Value> _items;

    public DictValue(IEnumerable<KeyValuePair<Value, Value>> items)
    {
        _items = [];
        foreach ((Value key, Value value) in items)
        {
            _items[RequireKey(key)] = value;
        }

        (Weight, Depth) = ContainerSize.Of(_items.Keys.Concat(_items.Values));
    }

    public IEnumerable<KeyValuePair<Value, Value>> Items => _items;

    public override string TypeName => "dict";

    public override bool IsTrue => _items.Count > 0;

    public override int? Length => _items.Count;

    public override long Weight { get; }

    public override int Depth { get; }

    public override bool IsHashable => false;

    public override IEnumerator<Value> Iterate() => _items.Keys.GetEnumerator();

    public override IEnumerator<Value> Reverse() => Enumerable.Reverse(_items.Keys.ToArray()).GetEnumerator();

    public override Value? FindItem(Value key) => key.IsHashable && _items.TryGetValue(key, out Value? value) ? value : null;

    public override Value? FindAttribute(string name) => DictMethods.Find(this, name);

    public override bool? Contains(Value item) => _items.ContainsKey(RequireKey(item));

    public override void AppendRepr(StringBuilder text) => ReprWriter.AppendPairs(_items, text);

    public override bool Equals(Value? other)
    {
        if (ReferenceEquals(this, other) || other is not DictValue dict || dict._items.Count != _items.Count)
        {
            return ReferenceEquals(this, other);
        }

        foreach ((Value key, Value value) in _items)
        {
            if (!dict._items.TryGetValue(key, out Value? otherValue) || !value.Equals(otherValue))
            {
                return false;
            }
        }

        return true;
    }

    public override int GetHashCode() => throw new TemplateFault("unhashable type: 'dict'");

    public static Value RequireKey(Value key) =>
        key.IsHashable ? key : throw new TemplateFault($"unhashable type: '{key.TypeName}'");
}
