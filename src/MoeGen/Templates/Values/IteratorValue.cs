using System.Text;

namespace MoeGen.Templates;

/// <summary>A Python iterator: gives each item once, when it is asked for. Filters such as <c>map</c> and <c>select</c> return
/// one.</summary>
/// <param name="items">The items to come.</param>
/// <param name="typeName">The Python type.</param>
internal sealed class IteratorValue(IEnumerator<Value> items, string typeName = "generator") : Value
{
    public override string TypeName => typeName;

    public override IEnumerator<Value> Iterate() => items;

    // Python prints an address, which nothing can match
    public override void AppendRepr(StringBuilder text) => text.Append('<').Append(typeName).Append(" object>");
}
