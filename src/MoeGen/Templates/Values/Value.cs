using System.Text;

namespace MoeGen.Templates;

/// <summary>
/// A value of a template, with the behaviour of the Python object that jinja2 would have. Lists, tuples and dicts never change; only
/// namespaces, loops, cyclers and iterators have a state.
/// </summary>
internal abstract class Value : IEquatable<Value>
{
    /// <summary>The name of the Python type, as errors show it.</summary>
    public abstract string TypeName { get; }

    /// <summary>Python's <c>bool(value)</c>.</summary>
    public virtual bool IsTrue => true;

    /// <summary>Python's <c>len(value)</c>; null: the type has no length.</summary>
    public virtual int? Length => null;

    /// <summary>How many values are inside, through all levels.</summary>
    public virtual long Weight => 1;

    /// <summary>How many levels of containers are inside each other.</summary>
    public virtual int Depth => 0;

    /// <summary>Whether the value may be a key of a dict.</summary>
    public virtual bool IsHashable => true;

    /// <summary>Python's <c>iter(value)</c>; null: not iterable.</summary>
    public virtual IEnumerator<Value>? Iterate() => null;

    /// <summary>Python's <c>reversed(value)</c>; null: not reversible.</summary>
    public virtual IEnumerator<Value>? Reverse() => null;

    /// <summary>Python's <c>value[key]</c>; null: there is no such item.</summary>
    public virtual Value? FindItem(Value key) => null;

    /// <summary>Python's <c>getattr(value, name)</c>; null: there is no such attribute.</summary>
    public virtual Value? FindAttribute(string name) => null;

    /// <summary>Python's <c>item in value</c>; null: the type contains nothing.</summary>
    public virtual bool? Contains(Value item)
    {
        if (Iterate() is not { } items)
        {
            return null;
        }

        while (items.MoveNext())
        {
            if (items.Current.Equals(item))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Calls the value.</summary>
    /// <exception cref="TemplateFault">It cannot be called, or not with these arguments.</exception>
    public virtual Value Call(RenderContext context, Arguments arguments) =>
        throw new TemplateFault($"'{TypeName}' object is not callable");

    public virtual bool IsCallable => false;

    /// <summary>Appends Python's <c>repr(value)</c>.</summary>
    public abstract void AppendRepr(StringBuilder text);

    /// <summary>Python's <c>str(value)</c>.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        ReprWriter.Append(this, text);
        return text.ToString();
    }

    public virtual bool Equals(Value? other) => ReferenceEquals(this, other);

    public sealed override bool Equals(object? obj) => obj is Value other && Equals(other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
