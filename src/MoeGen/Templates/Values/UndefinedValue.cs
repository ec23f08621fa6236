using System.Text;

namespace MoeGen.Templates;

/// <summary>
/// jinja2's <c>Undefined</c>: prints as nothing, is false, iterates over nothing; whatever else is done with it is an error that says
/// what is missing.
/// </summary>
/// <param name="hint">The error: what is undefined.</param>
internal sealed class UndefinedValue(string hint) : Value
{
    public override string TypeName => "Undefined";

    public override bool IsTrue => false;

    public override int? Length => 0;

    public TemplateFault Fault => new(hint);

    public static UndefinedValue Of(string name) => new($"'{name}' is undefined");

    public override IEnumerator<Value> Iterate() => Enumerable.Empty<Value>().GetEnumerator();

    public override IEnumerator<Value> Reverse() => Iterate();

    public override Value FindItem(Value key) => throw Fault;

    public override Value FindAttribute(string name) => throw Fault;

    public override Value Call(RenderContext context, Arguments arguments) => throw Fault;

    public override bool IsCallable => true;

    public override void AppendRepr(StringBuilder text) => text.Append("Undefined");

    public override string ToString() => "";

    public override bool Equals(Value? other) => other is UndefinedValue;

    public override int GetHashCode() => 0;
}
