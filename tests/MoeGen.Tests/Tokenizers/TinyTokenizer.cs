using System.Text.Json;
using System.Text.Json.Nodes;
using MoeGen.Testing;
using MoeGen.Tokenizers;

namespace MoeGen.Tests.Tokenizers;

/// <summary>Hand-made tokenizers: the byte alphabet, so that without merges the ids of a text are its UTF-8 bytes.</summary>
internal static class TinyTokenizer
{
    /// <summary>
    /// Returns a tokenizer.json to change and load: every byte is a token with the byte as its id; merges follow from 256.
    /// </summary>
    /// <param name="merges">Each two tokens in the byte alphabet with a space between.</param>
    public static JsonObject Json(params string[] merges)
    {
        JsonObject vocab = [];
        foreach (char c in ByteLevelAlphabet.Characters)
        {
            vocab[c.ToString()] = vocab.Count;
        }

        foreach (string merge in merges)
        {
            vocab[merge.Replace(" ", "")] = vocab.Count;
        }

        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}"""),
            ["post_processor"] = null,
            ["decoder"] = JsonNode.Parse("""{"type": "ByteLevel"}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        };
    }

    /// <summary>Adds a token; <paramref name="flags"/> are names of fields to set to true.</summary>
    public static JsonObject Adding(this JsonObject json, int id, string content, params string[] flags)
    {
        JsonObject token = new() { ["id"] = id, ["content"] = content };
        foreach (string name in new[] { "single_word", "lstrip", "rstrip", "normalized", "special" })
        {
            token[name] = flags.Contains(name);
        }

        json["added_tokens"]!.AsArray().Add(token);
        return json;
    }

    /// <summary>Replaces one part of the file.</summary>
    public static JsonObject With(this JsonObject json, string name, string value)
    {
        json[name] = JsonNode.Parse(value);
        return json;
    }

    public static Tokenizer Load(JsonObject json, string? config = null)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer.json", json.ToJsonString());
        if (config is not null)
        {
            folder.Write("tokenizer_config.json", config);
        }

        return Tokenizer.Load(folder.Path);
    }

    /// <summary>Returns the message with which a file is refused, without its folder.</summary>
    public static string LoadFault(JsonObject json, string? config = null)
    {
        string message = Assert.Throws<TokenizerFormatException>(() => Load(json, config)).Message;
        Assert.DoesNotContain('\n', message);
        return message[message.IndexOf("tokenizer", StringComparison.Ordinal)..];
    }

    /// <summary>Returns the root of a JSON text, for the readers of single sections.</summary>
    public static TokenizerNode Node(string json) => TokenizerNode.Root("test.json", JsonDocument.Parse(json).RootElement);
}
