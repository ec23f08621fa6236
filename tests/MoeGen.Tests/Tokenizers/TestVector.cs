using System.Text.Json;

namespace MoeGen.Tests.Tokenizers;

/// <summary>What a reference implementation makes of a text; null where it was not recorded.</summary>
internal sealed record TestVector(string Name, string Text, int[] Ids, int[]? IdsSpecial, string? Decoded, string? DecodedSkipSpecial)
{
    /// <summary>Reads the rows of a file: an array, or an object with the array in <c>vectors</c>.</summary>
    public static List<TestVector> Read(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement root = document.RootElement;
        JsonElement rows = root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("vectors");
        return [.. rows.EnumerateArray().Select(ReadRow)];
    }

    private static TestVector ReadRow(JsonElement row)
    {
        string text = row.GetProperty("text").GetString()!;
        return new TestVector(
            FindText("id") ?? FindText("from") ?? text,
            text,
            FindIds("ids")!,
            FindIds("ids_special"),
            FindText("decoded"),
            FindText("decoded_skip_special"));

        string? FindText(string name) => row.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

        int[]? FindIds(string name) => row.TryGetProperty(name, out JsonElement value)
            ? [.. value.EnumerateArray().Select(id => id.GetInt32())]
            : null;
    }
}
