using System.Text;

namespace MoeGen.Templates;

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> of a dict return.</summary>
/// <param name="typeName">The Python type.</param>
/// <param name="items">The elements in order.</param>
internal sealed class DictView(string typeName, IReadOnlyList<Value> items) : Value
{
    private readonly (long Weight, int Depth) _size = ContainerSize.Of(items);

    public override string TypeName => typeName;

    public override bool IsTrue => items.Count > 0;

    public override int? Length => items.Count;

    public override bool IsHashable => typeName == "dict_values";

    public override long Weight => _size.Weight;

    public override int Depth => _size.Depth;

    private bool IsSet => typeName != "dict_values";

    public override IEnumerator<Value> Iterate() => items.GetEnumerator();

    public override IEnumerator<Value> Reverse() => Enumerable.Reverse(items).GetEnumerator();

    public override void AppendRepr(StringBuilder text) => ReprWriter.AppendItems(items, $"{typeName}([", "])", text);

    // keys and items compare as sets
    public override bool Equals(Value? other) => ReferenceEquals(this, other)
        || (other is DictView { IsSet: true } view && IsSet && view.Length == Length && items.All(item => view.Contains(item) == true));

    public override int GetHashCode() => IsSet ? throw new TemplateFault($"unhashable type: '{typeName}'") : base.GetHashCode();
}
