using System.Text.Json;
using MoeGen.Weights;

namespace MoeGen.Engine;

/// <summary>generation_config.json, which may lie beside the weights: chat models end their turns with tokens that only it names.</summary>
internal static class GenerationConfig
{
    private const string FileName = "generation_config.json";
    private const string Key = "eos_token_id";

    /// <summary>The tokens that end a text, or null when the file does not say.</summary>
    /// <exception cref="CheckpointException">The file is not JSON, or the tokens are not ids.</exception>
    public static IReadOnlyList<int>? ReadEosTokenIds(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(Key, out JsonElement value))
            {
                return null;
            }

            return value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.Number => [value.GetInt32()],
                JsonValueKind.Array => [.. value.EnumerateArray().Select(item => item.GetInt32())],
                _ => throw new CheckpointException(path, $"{Key} is {value.GetRawText()}; expected a token id or a list of them"),
            };
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw new CheckpointException(
                path, $"is not JSON, or {Key} holds no token ids; expected a token id or a list of them", exception);
        }
    }
}
