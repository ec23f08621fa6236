using System.Text.Json;
using System.Text.Json.Nodes;

namespace MoeGen.Tests.Tokenizers;

/// <summary>
/// A small tokenizer of our own making, and what Hugging Face's Rust library makes of texts with it; every file names its version.
/// </summary>
internal sealed class OracleFile
{
    private OracleFile(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        Json = JsonNode.Parse(document.RootElement.GetProperty("tokenizer").GetRawText())!.AsObject();
        Vectors = TestVector.Read(path);
        Decodings = [.. document.RootElement.GetProperty("decodings").EnumerateArray().Select(row => new Decoding(
            [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())],
            row.GetProperty("decoded").GetString()!,
            row.GetProperty("decoded_skip_special").GetString()!))];
    }

    /// <summary>The names of all files.</summary>
    public static IEnumerable<string> Names =>
        Directory.GetFiles(Folder).Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

    /// <summary>The tokenizer.json.</summary>
    public JsonObject Json { get; }

    /// <summary>Texts with their ids, and the text of these.</summary>
    public List<TestVector> Vectors { get; }

    /// <summary>Ids that no text has, with their text.</summary>
    public List<Decoding> Decodings { get; }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Tokenizers", "OracleVectors");

    public static OracleFile Read(string name) => new(Path.Combine(Folder, name + ".json"));

    /// <summary>What a sequence of ids is as a text.</summary>
    internal sealed record Decoding(int[] Ids, string Decoded, string DecodedSkipSpecial);
}
