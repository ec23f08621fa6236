using System.Text;

namespace MoeGen.Templates;

/// <summary>What <c>namespace()</c> returns: the one value whose attributes a template may assign, also from inside a loop.</summary>
internal sealed class NamespaceValue(OrderedDictionary<Value, Value> attributes) : Value
{
    private bool _isPrinting; // a namespace may hold itself

    public override string TypeName => "Namespace";

    public override Value? FindAttribute(string name) => attributes.TryGetValue(new TextValue(name), out Value? value) ? value : null;

    public void Set(string name, Value value)
    {
        attributes[new TextValue(name)] = value;
        if (attributes.Count > TemplateLimits.MaxRange)
        {
            throw new TemplateFault($"a namespace with more than {TemplateLimits.MaxRange} attributes");
        }
    }

    public override void AppendRepr(StringBuilder text)
    {
        if (_isPrinting)
        {
            text.Append("<Namespace {...}>");
            return;
        }

        _isPrinting = true;
        try
        {
            text.Append("<Namespace ");
            ReprWriter.AppendPairs(attributes, text);
            text.Append('>');
        }
        finally
        {
            _isPrinting = false;
        }
    }
}
