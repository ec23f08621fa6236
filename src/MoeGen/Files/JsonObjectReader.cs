using System.Text.Json;

namespace MoeGen.Files;

/// <summary>Reads the members of a JSON object; what is missing, or something else, is a fault that says what was expected.</summary>
/// <param name="root">The object.</param>
/// <param name="fault">Makes an exception of what is wrong.</param>
internal readonly struct JsonObjectReader(JsonElement root, Func<string, MoeGenException> fault)
{
    // longer text would drown the message
    private const int MostCharacters = 40;

    /// <summary>Reads a value of an element, if it is one.</summary>
    public delegate bool TryGet<T>(JsonElement element, out T value);

    /// <summary>Refuses keys that are not known, and those that stand there twice.</summary>
    /// <param name="keys">Known keys.</param>
    /// <param name="unknown">What to say of another one, behind its name.</param>
    /// <param name="twice">What to say of one that stands there twice, behind its name.</param>
    public void CheckKeys(IReadOnlyList<string> keys, string unknown, string twice)
    {
        HashSet<string> seen = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!keys.Contains(property.Name) || !seen.Add(property.Name))
            {
                throw fault($"has the key {property.Name}{(seen.Contains(property.Name) ? twice : unknown)}");
            }
        }
    }

    /// <summary>A text that is not empty.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="expected">What to call it.</param>
    public string Text(string key, string expected) => Required<string>(key, TryGetText, expected);

    /// <summary>An integer.</summary>
    public int Int32(string key) => Required<int>(key, TryGetInt32, "an integer");

    /// <summary>An integer.</summary>
    public long Int64(string key) => Required<long>(key, TryGetInt64, "an integer");

    /// <summary>A number.</summary>
    public double Number(string key) => Required<double>(key, TryGetDouble, "a number");

    /// <summary>An integer, or null where the key is not there.</summary>
    public long? OptionalInt64(string key) => Find(key) is null ? null : Int64(key);

    /// <summary>A number, or null where the key is not there.</summary>
    public double? OptionalNumber(string key) => Find(key) is null ? null : Number(key);

    /// <summary>Any value.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="tryGet">Reads it.</param>
    /// <param name="expected">What it should be.</param>
    public T Required<T>(string key, TryGet<T> tryGet, string expected) =>
        Find(key) is { } element && tryGet(element, out T value) ? value : throw Wrong(key, expected);

    /// <summary>An array of integers.</summary>
    public IReadOnlyList<int> Integers(string key) => Find(key) is { } element
        ? List<int>(key, element, TryGetInt32, "an array of integers")
        : throw Wrong(key, "an array of integers");

    /// <summary>An array of arrays of integers, or null where the key is not there.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? IntegersByLayer(string key) => Table<int>(key, TryGetInt32, "integers");

    /// <summary>An array of arrays of numbers, or null where the key is not there.</summary>
    public IReadOnlyList<IReadOnlyList<float>>? NumbersByLayer(string key) => Table<float>(key, TryGetSingle, "numbers");

    /// <summary>Whether an element is a text that is not empty.</summary>
    public static bool TryGetText(JsonElement element, out string value)
    {
        value = element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
        return value.Length > 0;
    }

    // JsonElement's own methods throw where the element is no number, and take what is too large for infinity
    private static bool TryGetInt32(JsonElement element, out int value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out value);
    }

    private static bool TryGetInt64(JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value);
    }

    private static bool TryGetSingle(JsonElement element, out float value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetSingle(out value) && float.IsFinite(value);
    }

    private static bool TryGetDouble(JsonElement element, out double value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out value) && double.IsFinite(value);
    }

    private IReadOnlyList<IReadOnlyList<T>>? Table<T>(string key, TryGet<T> tryGet, string expected)
    {
        if (Find(key) is not { } element)
        {
            return null;
        }

        string whole = $"an array of an array of {expected} for each layer";
        List<IReadOnlyList<T>> rows = [];
        foreach (JsonElement row in Items(key, element, whole))
        {
            rows.Add(List(key, row, tryGet, whole));
        }

        return rows;
    }

    private List<T> List<T>(string key, JsonElement element, TryGet<T> tryGet, string expected)
    {
        List<T> values = [];
        foreach (JsonElement item in Items(key, element, expected))
        {
            values.Add(tryGet(item, out T value) ? value : throw Wrong(key, expected));
        }

        return values;
    }

    private JsonElement.ArrayEnumerator Items(string key, JsonElement element, string expected) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : throw Wrong(key, expected);

    private JsonElement? Find(string key) => root.TryGetProperty(key, out JsonElement element) ? element : null;

    private MoeGenException Wrong(string key, string expected)
    {
        string found = Find(key) is not { } element ? "is missing"
            : element.GetRawText() is { Length: <= MostCharacters } text ? $"is {text}"
            : "is something else";
        return fault($"{key} {found}; expected {expected}");
    }
}
