using System;
using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec.Json;

namespace MoeGen.Generator.Spec;

/// <summary>
/// Reads typed values from one JSON object and collects every fault instead of stopping at the first. After a fault the methods
/// return a value within the range, so that reading can go on; whoever reads must look at <see cref="HasErrors"/> before using it.
/// </summary>
internal sealed class ConfigReader
{
    private readonly JsonObject _object;
    private readonly string _path;
    private readonly HashSet<string> _readKeys = [];

    public ConfigReader(JsonObject root)
        : this(root, "", [])
    {
    }

    private ConfigReader(JsonObject obj, string path, List<SpecDiagnostic> diagnostics)
    {
        _object = obj;
        _path = path;
        Diagnostics = diagnostics;
        ReportDuplicates();
    }

    public List<SpecDiagnostic> Diagnostics { get; }

    public bool HasErrors => Diagnostics.Any(diagnostic => diagnostic.Rule.IsError);

    /// <summary>The keys that were asked for, present or not.</summary>
    public IEnumerable<string> ReadKeys => _readKeys;

    /// <summary>The members that no method has read yet.</summary>
    public IEnumerable<JsonMember> UnreadMembers => _object.Members.Where(member => !_readKeys.Contains(member.Name));

    /// <summary>Whether the key is there with a value other than null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Whether the key is there, with any value: null can say "none" where absence says "the default".</summary>
    public bool Contains(string key)
    {
        _readKeys.Add(key);
        return _object.Find(key) is not null;
    }

    /// <summary>A required integer within bounds.</summary>
    /// <param name="key">The key.</param>
    /// <param name="min">Smallest accepted value.</param>
    /// <param name="max">Largest accepted value.</param>
    public int Int(string key, int min, int max) => IntOrNull(key, min, max) ?? Missing(key, $"an integer from {min} to {max}", min);

    /// <summary>An integer that may be absent or null.</summary>
    public int? IntOrNull(string key, int min, int max)
    {
        JsonMember? member = Find(key);
        if (member is null)
        {
            return null;
        }

        string expected = $"an integer from {min} to {max}";
        if (member.Value is not JsonNumber number || !ConfigNumbers.TryParseInteger(number.Text, out decimal value))
        {
            return Mistyped(member, expected, min);
        }

        return value < min || value > max ? OutOfRange(member, expected, min) : (int)value;
    }

    /// <summary>A required number above a bound.</summary>
    public double PositiveDouble(string key) => PositiveDoubleOrNull(key) ?? Missing(key, "a number above 0", 1.0);

    /// <summary>A number above 0 that may be absent or null.</summary>
    public double? PositiveDoubleOrNull(string key) => DoubleOrNull(key, "a number above 0", value => value > 0);

    /// <summary>A number from 0 on that may be absent or null.</summary>
    public double? NonNegativeDoubleOrNull(string key) => DoubleOrNull(key, "a number from 0 on", value => value >= 0);

    /// <summary>A list of numbers above 0; empty when absent or null.</summary>
    public IReadOnlyList<double> PositiveDoubles(string key)
    {
        const string Expected = "a list of numbers above 0";
        JsonMember? member = Find(key);
        if (member is null)
        {
            return [];
        }

        if (member.Value is not JsonArray array)
        {
            return Mistyped<IReadOnlyList<double>>(member, Expected, []);
        }

        List<double> values = [];
        foreach (JsonValue item in array.Items)
        {
            if (item is JsonNumber number && ConfigNumbers.TryParseDouble(number.Text, out double value) && value > 0)
            {
                values.Add(value);
            }
            else
            {
                Report(
                    item is JsonNumber ? SpecRules.ValueOutOfRange : SpecRules.MistypedValue, item.Range,
                    NameOf(key), item.Describe(), Expected);
                return [];
            }
        }

        return values;
    }

    /// <summary>A boolean that may be absent or null.</summary>
    public bool? BoolOrNull(string key)
    {
        JsonMember? member = Find(key);
        return member is null ? null : member.Value is JsonBoolean boolean ? boolean.Value : Mistyped(member, "true or false", false);
    }

    /// <summary>A boolean, or a number of which 0 is false, that may be absent or null.</summary>
    public bool? BoolOrInt(string key)
    {
        JsonMember? member = Find(key);
        return member?.Value is JsonNumber ? IntOrNull(key, 0, int.MaxValue) != 0 : BoolOrNull(key);
    }

    /// <summary>A string that somebody else checks; null when it is anything else.</summary>
    public string? StringValue(string key) => (_object.Find(key)?.Value as JsonString)?.Value;

    /// <summary>A string that may be absent or null.</summary>
    public string? StringOrNull(string key)
    {
        JsonMember? member = Find(key);
        return member is null ? null : member.Value is JsonString text ? text.Value : Mistyped(member, "a string", "");
    }

    /// <summary>A list of integers within bounds; absent and null are an empty list.</summary>
    public IReadOnlyList<int> Ints(string key, int min, int max)
    {
        JsonMember? member = Find(key);
        return member is null ? []
            : member.Value is JsonArray array ? Integers(member, array.Items, min, max)
            : Mistyped<IReadOnlyList<int>>(member, "a list of integers", []);
    }

    /// <summary>An integer or a list of integers within bounds; absent and null are an empty list.</summary>
    public IReadOnlyList<int> IntOrInts(string key, int min, int max)
    {
        JsonMember? member = Find(key);
        return member is null ? [] : Integers(member, member.Value is JsonArray array ? array.Items : [member.Value], min, max);
    }

    /// <summary>A list of strings out of a fixed set; null when absent or null.</summary>
    public IReadOnlyList<string>? WordsOrNull(string key, params string[] words)
    {
        JsonMember? member = Find(key);
        if (member is null)
        {
            return null;
        }

        string expected = "a list of " + string.Join(" and ", words.Select(word => $"\"{word}\"").ToArray());
        if (member.Value is not JsonArray array)
        {
            return Mistyped<IReadOnlyList<string>>(member, expected, []);
        }

        foreach (JsonValue item in array.Items)
        {
            if (item is not JsonString text || !words.Contains(text.Value))
            {
                Report(SpecRules.UnsupportedSetting, item.Range, NameOf(key), item.Describe(), "this family", expected);
                return [];
            }
        }

        return [.. array.Items.Cast<JsonString>().Select(text => text.Value)];
    }

    /// <summary>A reader for an object inside this one; null when absent or null.</summary>
    public ConfigReader? ObjectOrNull(string key)
    {
        JsonMember? member = Find(key);
        return member is null ? null
            : member.Value is JsonObject obj ? new ConfigReader(obj, NameOf(key) + ".", Diagnostics)
            : Mistyped<ConfigReader?>(member, "an object", null);
    }

    /// <summary>Reports a fault at the value of a key, or at the object's start when the key is absent.</summary>
    public void ReportAt(string key, SpecRule rule, params string[] arguments) =>
        Report(rule, _object.Find(key)?.Value.Range ?? StartOfObject, arguments);

    public void Report(SpecRule rule, TextRange range, params string[] arguments) =>
        Diagnostics.Add(new SpecDiagnostic(rule, range, arguments));

    /// <summary>A key as messages name it: with the objects around it, e.g. <c>rope_scaling.factor</c>.</summary>
    public string NameOf(string key) => _path + key;

    /// <summary>A key's value as messages show it.</summary>
    public string Describe(string key) => _object.Find(key)?.Value.Describe() ?? "missing";

    private TextRange StartOfObject => _object.Range with { Length = 1 };

    // null counts as absent: published configs write it where they mean the default
    private JsonMember? Find(string key)
    {
        _readKeys.Add(key);
        return _object.Find(key) is { Value: not JsonNull } member ? member : null;
    }

    private double? DoubleOrNull(string key, string expected, Func<double, bool> isAccepted)
    {
        JsonMember? member = Find(key);
        if (member is null)
        {
            return null;
        }

        if (member.Value is not JsonNumber number || !ConfigNumbers.TryParseDouble(number.Text, out double value))
        {
            return Mistyped(member, expected, 1.0);
        }

        return isAccepted(value) ? value : OutOfRange(member, expected, 1.0);
    }

    private IReadOnlyList<int> Integers(JsonMember member, IReadOnlyList<JsonValue> items, int min, int max)
    {
        List<int> values = [];
        foreach (JsonValue item in items)
        {
            if (item is not JsonNumber number || !ConfigNumbers.TryParseInteger(number.Text, out decimal value))
            {
                Report(SpecRules.MistypedValue, item.Range, NameOf(member.Name), item.Describe(), $"an integer from {min} to {max}");
            }
            else if (value < min || value > max)
            {
                Report(SpecRules.ValueOutOfRange, item.Range, NameOf(member.Name), item.Describe(), $"an integer from {min} to {max}");
            }
            else
            {
                values.Add((int)value);
            }
        }

        return values;
    }

    private T Missing<T>(string key, string expected, T fallback)
    {
        // a null that stands for a required value is reported where it stands
        Report(SpecRules.MissingKey, _object.Find(key)?.Value.Range ?? StartOfObject, NameOf(key), expected + Suggest(key));
        return fallback;
    }

    private string Suggest(string key)
    {
        string? near = NearestName.Find(key, _object.Members.Select(member => member.Name).Where(name => !_readKeys.Contains(name)));
        return near is null ? "" : $" (did you mean it by {near}?)";
    }

    private T Mistyped<T>(JsonMember member, string expected, T fallback)
    {
        Report(SpecRules.MistypedValue, member.Value.Range, NameOf(member.Name), member.Value.Describe(), expected);
        return fallback;
    }

    private T OutOfRange<T>(JsonMember member, string expected, T fallback)
    {
        Report(SpecRules.ValueOutOfRange, member.Value.Range, NameOf(member.Name), member.Value.Describe(), expected);
        return fallback;
    }

    private void ReportDuplicates()
    {
        Dictionary<string, JsonMember> seen = new(StringComparer.Ordinal);
        foreach (JsonMember member in _object.Members)
        {
            if (seen.TryGetValue(member.Name, out JsonMember first))
            {
                Report(SpecRules.DuplicateKey, member.NameRange, NameOf(member.Name), ConfigNumbers.Format(first.NameRange.Line + 1));
            }
            else
            {
                seen.Add(member.Name, member);
            }
        }
    }
}
