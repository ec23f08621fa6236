using System.Text;

namespace MoeGen.Templates;

/// <summary>What lists and tuples share.</summary>
internal abstract class SequenceValue : Value
{
    protected SequenceValue(IReadOnlyList<Value> items)
    {
        Items = items;
        (Weight, Depth) = ContainerSize.Of(items);
    }

    public IReadOnlyList<Value> Items { get; }

    public override bool IsTrue => Items.Count > 0;

    public override int? Length => Items.Count;

    public override long Weight { get; }

    public override int Depth { get; }

    public override IEnumerator<Value> Iterate() => Items.GetEnumerator();

    public override IEnumerator<Value> Reverse() => Enumerable.Reverse(Items).GetEnumerator();

    public override Value? FindItem(Value key) => SequenceIndex.Resolve(key, Items.Count) is int index ? Items[index] : null;

    public override Value? FindAttribute(string name) => SequenceMethods.Find(this, name);

    public abstract SequenceValue With(IReadOnlyList<Value> items);

    protected bool HasSameItems(SequenceValue other) => Items.Count == other.Items.Count && Items.SequenceEqual(other.Items);
}

/// <summary>Python's <c>list</c>. The sandbox lets no template change one.</summary>
internal sealed class ListValue(IReadOnlyList<Value> items) : SequenceValue(items)
{
    public override string TypeName => "list";

    public override bool IsHashable => false;

    public override SequenceValue With(IReadOnlyList<Value> items) => new ListValue(items);

    public override void AppendRepr(StringBuilder text) => ReprWriter.AppendItems(Items, "[", "]", text);

    public override bool Equals(Value? other) => ReferenceEquals(this, other) || (other is ListValue list && HasSameItems(list));

    public override int GetHashCode() => throw new TemplateFault("unhashable type: 'list'");
}

/// <summary>Python's <c>tuple</c>.</summary>
internal class TupleValue(IReadOnlyList<Value> items) : SequenceValue(items)
{
    public override string TypeName => "tuple";

    public override bool IsHashable => Items.All(item => item.IsHashable);

    public override SequenceValue With(IReadOnlyList<Value> items) => new TupleValue(items);

    public override void AppendRepr(StringBuilder text) => ReprWriter.AppendItems(Items, "(", Items.Count == 1 ? ",)" : ")", text);

    public override bool Equals(Value? other) => ReferenceEquals(this, other) || (other is TupleValue tuple && HasSameItems(tuple));

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (Value item in Items)
        {
            hash.Add(item.GetHashCode());
        }

        return hash.ToHashCode();
    }
}

/// <summary>A group of the filter <c>groupby</c>: a tuple whose parts have names.</summary>
internal sealed class GroupValue(Value grouper, ListValue list) : TupleValue([grouper, list])
{
    public override string TypeName => "_GroupTuple";

    public override Value? FindAttribute(string name) => name switch
    {
        "grouper" => grouper,
        "list" => list,
        _ => base.FindAttribute(name),
    };
}
