using System.Collections.Generic;

namespace MoeGen.Generator.Spec.Json;

/// <summary>A JSON value that remembers where it stands in the text.</summary>
internal abstract class JsonValue(TextRange range)
{
    /// <summary>Where the value stands, opening to closing character.</summary>
    public TextRange Range { get; } = range;

    /// <summary>The value as an error message shows it: short, on one line.</summary>
    public abstract string Describe();
}

/// <summary>An object; members in the order of the text.</summary>
internal sealed class JsonObject(TextRange range, IReadOnlyList<JsonMember> members) : JsonValue(range)
{
    public IReadOnlyList<JsonMember> Members { get; } = members;

    /// <summary>The member of that name, or null; the last one where a name appears twice, as most readers take it.</summary>
    public JsonMember? Find(string name)
    {
        for (int i = Members.Count - 1; i >= 0; i--)
        {
            if (Members[i].Name == name)
            {
                return Members[i];
            }
        }

        return null;
    }

    public override string Describe() => "an object";
}

/// <summary>One name and value of an object.</summary>
internal sealed class JsonMember(string name, TextRange nameRange, JsonValue value)
{
    public string Name { get; } = name;

    public TextRange NameRange { get; } = nameRange;

    public JsonValue Value { get; } = value;
}

internal sealed class JsonArray(TextRange range, IReadOnlyList<JsonValue> items) : JsonValue(range)
{
    public IReadOnlyList<JsonValue> Items { get; } = items;

    public override string Describe() => $"an array of {Items.Count}";
}

internal sealed class JsonString(TextRange range, string value) : JsonValue(range)
{
    private const int ShownLength = 40;

    public string Value { get; } = value;

    public override string Describe() =>
        "\"" + (Value.Length <= ShownLength ? Value : Value.Substring(0, ShownLength) + "...").Replace('\n', ' ').Replace('\r', ' ') + "\"";
}

/// <summary>A number, kept as it is written: the reader decides whether it wants an integer or a double.</summary>
internal sealed class JsonNumber(TextRange range, string text) : JsonValue(range)
{
    public string Text { get; } = text;

    public override string Describe() => Text;
}

internal sealed class JsonBoolean(TextRange range, bool value) : JsonValue(range)
{
    public bool Value { get; } = value;

    public override string Describe() => Value ? "true" : "false";
}

internal sealed class JsonNull(TextRange range) : JsonValue(range)
{
    public override string Describe() => "null";
}
