using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MoeGen.Templates;

/// <summary>Turns JSON into values, as Python's <c>json.loads</c> does: 1 is an int of any size, 1.0 a float, keys keep their
/// order.</summary>
internal static class JsonValues
{
    public static Value From(JsonElement element)
    {
        RequireStack();
        return element.ValueKind switch
        {
            JsonValueKind.Object => new DictValue([.. element.EnumerateObject().Select(member =>
                new KeyValuePair<Value, Value>(new TextValue(member.Name), From(member.Value)))]),
            JsonValueKind.Array => new ListValue([.. element.EnumerateArray().Select(From)]),
            JsonValueKind.String => new TextValue(element.GetString()!),
            JsonValueKind.Number => Number(element.GetRawText()),
            JsonValueKind.True => BoolValue.True,
            JsonValueKind.False => BoolValue.False,
            _ => NoneValue.Instance,
        };
    }

    public static Value From(JsonNode? node)
    {
        RequireStack();
        return node switch
        {
            null => NoneValue.Instance,
            JsonObject members =>
                new DictValue([.. members.Select(member => new KeyValuePair<Value, Value>(new TextValue(member.Key), From(member.Value)))]),
            JsonArray items => new ListValue([.. items.Select(From)]),
            JsonValue value => From(value),
            _ => throw new TemplateFault($"a variable of type {node.GetType().Name}; expected JSON"),
        };
    }

    // a node may hold a piece of parsed JSON, or a .NET number that does not know how it would be written
    private static Value From(JsonValue value) =>
        value.TryGetValue(out JsonElement element) ? From(element)
        : value.TryGetValue(out string? text) ? new TextValue(text)
        : value.TryGetValue(out bool flag) ? BoolValue.Of(flag)
        : value.TryGetValue(out double real) ? new FloatValue(real)
        : value.TryGetValue(out float single) ? new FloatValue(single)
        : value.GetValueKind() == JsonValueKind.Number ? Number(value.ToJsonString())
        : value.GetValueKind() == JsonValueKind.String ? new TextValue(value.ToString())
        : throw new TemplateFault($"a variable of kind {value.GetValueKind()}; expected JSON");

    private static Value Number(string text)
    {
        if (text.AsSpan().IndexOfAny('.', 'e', 'E') >= 0)
        {
            return new FloatValue(double.Parse(text, CultureInfo.InvariantCulture));
        }

        return text.Length <= TemplateLimits.MaxDigits + 1
            ? new IntValue(BigInteger.Parse(text, CultureInfo.InvariantCulture))
            : throw new TemplateFault($"a number of {text.Length} digits; at most {TemplateLimits.MaxDigits} are read");
    }

    private static void RequireStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault("variables that are nested too deeply");
        }
    }
}
