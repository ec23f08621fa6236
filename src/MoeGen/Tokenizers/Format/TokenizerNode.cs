using System.Buffers;
using System.Text;
using System.Text.Json;

namespace MoeGen.Tokenizers;

/// <summary>A JSON value that knows its file and its place in it, so that whoever rejects it can say where it stands.</summary>
internal sealed class TokenizerNode
{
    private readonly string _file;
    private readonly TokenizerNode? _parent;
    private readonly string _name; // "type" for a member, "[3]" for an element

    private TokenizerNode(string file, TokenizerNode? parent, string name, JsonElement element)
    {
        _file = file;
        _parent = parent;
        _name = name;
        Element = element;
    }

    /// <summary>The value itself; for long lists, which are read without a node per entry.</summary>
    public JsonElement Element { get; }

    /// <summary>The place, such as <c>pre_tokenizer.pretokenizers[1].type</c>; put together only when somebody reads it.</summary>
    public string Path => _parent is null ? ""
        : _parent.Path.Length == 0 ? _name
        : _name.StartsWith('[') ? _parent.Path + _name
        : $"{_parent.Path}.{_name}";

    /// <summary>The file and the place, for errors that are found after reading.</summary>
    public string Origin => Path.Length == 0 ? _file : $"{_file}: {Path}";

    public static TokenizerNode Root(string file, JsonElement element)
    {
        TokenizerNode root = new(file, null, "", element);
        return element.ValueKind == JsonValueKind.Object
            ? root
            : throw new TokenizerFormatException($"{file}: the file holds {Describe(element)}; it must hold an object");
    }

    /// <summary>Returns a member of this object, or null when it is absent or JSON null.</summary>
    public TokenizerNode? Find(string name)
    {
        RequireKind(JsonValueKind.Object, "an object");
        return Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? new TokenizerNode(_file, this, name, value)
            : null;
    }

    public TokenizerNode Require(string name) => Find(name) ?? throw Fault($"has no \"{name}\"");

    public TokenizerNode Child(int index) => new(_file, this, $"[{index}]", Element[index]);

    public List<TokenizerNode> Items()
    {
        RequireKind(JsonValueKind.Array, "an array");
        List<TokenizerNode> items = new(Element.GetArrayLength());
        foreach (JsonElement element in Element.EnumerateArray())
        {
            items.Add(new TokenizerNode(_file, this, $"[{items.Count}]", element));
        }

        return items;
    }

    public string AsText()
    {
        RequireKind(JsonValueKind.String, "a string");
        return Element.GetString()!;
    }

    public bool AsFlag() => Element.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? Element.GetBoolean()
        : throw Fault($"is {Describe(Element)}; it must be true or false");

    public int AsInteger() => Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int value)
        ? value
        : throw Fault($"is {Describe(Element)}; it must be a 32-bit integer");

    /// <summary>Returns a string that is one code point.</summary>
    public Rune AsCharacter()
    {
        string text = AsText();
        return Rune.DecodeFromUtf16(text, out Rune rune, out int length) == OperationStatus.Done && length == text.Length
            ? rune
            : throw Fault($"is {Describe(Element)}; it must be one character");
    }

    public bool FindFlag(string name, bool whenAbsent) => Find(name)?.AsFlag() ?? whenAbsent;

    /// <summary>Returns the error that reports this value; the caller throws it.</summary>
    /// <param name="message">Goes on after the path: "is 7; supported is 8".</param>
    public TokenizerFormatException Fault(string message) => new($"{Origin}{(Path.Length == 0 ? ": the file" : "")} {message}");

    /// <summary>Returns the error for a value that is well formed but means something that MoeGen cannot do.</summary>
    public TokenizerFormatException Unsupported(string supported) => Fault($"is {Describe(Element)}; supported is {supported}");

    /// <summary>Quotes text from a file so that a message stays one short line.</summary>
    public static string Quote(string text)
    {
        const int MaxLength = 60;
        string shown = text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, MaxLength), "...");
        return $"\"{string.Concat(shown.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? $"\\u{(int)c:X4}" : c.ToString()))}\"";
    }

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => Quote(element.GetString()!),
        JsonValueKind.Number => Quote(element.GetRawText()),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private void RequireKind(JsonValueKind kind, string name)
    {
        if (Element.ValueKind != kind)
        {
            throw Fault($"is {Describe(Element)}; it must be {name}");
        }
    }
}
