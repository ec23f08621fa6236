using System.Runtime.CompilerServices;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Writes values as Python shows them, within the limits: namespaces may hold each other, or themselves.</summary>
internal static class ReprWriter
{
    public static void Append(Value value, StringBuilder text)
    {
        if (text.Length > TemplateLimits.MaxText || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault($"a text of more than {TemplateLimits.MaxText} characters, or values nested too deeply to print");
        }

        value.AppendRepr(text);
    }

    public static void AppendItems(IEnumerable<Value> items, string open, string close, StringBuilder text)
    {
        text.Append(open);
        bool isFirst = true;
        foreach (Value item in items)
        {
            text.Append(isFirst ? "" : ", ");
            Append(item, text);
            isFirst = false;
        }

        text.Append(close);
    }

    public static void AppendPairs(IEnumerable<KeyValuePair<Value, Value>> pairs, StringBuilder text)
    {
        text.Append('{');
        bool isFirst = true;
        foreach ((Value key, Value value) in pairs)
        {
            text.Append(isFirst ? "" : ", ");
            Append(key, text);
            text.Append(": ");
            Append(value, text);
            isFirst = false;
        }

        text.Append('}');
    }
}
