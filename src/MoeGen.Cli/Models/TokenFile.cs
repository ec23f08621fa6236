using System.Text.Json;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Models;

/// <summary>
/// A file of token ids: a JSON array, or an object with <c>input_ids</c>; for a model with an encoder an object with
/// <c>input_ids</c>, which the encoder reads, and <c>decoder_input_ids</c>.
/// </summary>
/// <param name="Tokens">Ids whose logits are wanted.</param>
/// <param name="Input">Ids that an encoder reads first; null: the model has none.</param>
internal sealed record TokenFile(int[] Tokens, int[]? Input)
{
    private const string InputKey = "input_ids";
    private const string DecoderKey = "decoder_input_ids";
    private const long MaxBytes = 64_000_000;

    /// <summary>Reads the ids and refuses what the model cannot take, before anything is loaded.</summary>
    /// <exception cref="CliException">The file is not one of token ids, or the model has no such tokens.</exception>
    public static TokenFile Read(string path, ModelSpec spec)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"{path}: does not exist; expected a JSON file of token ids");
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new CliException($"{path}: has more than {MaxBytes} bytes; expected a JSON file of token ids");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            return spec.Encoder is { } encoder
                ? ReadPair(path, document.RootElement, spec, encoder.DecoderStartTokenId)
                : ReadText(path, document.RootElement, spec);
        }
        catch (JsonException)
        {
            throw new CliException($"{path}: is not JSON; expected an array of token ids, or an object with {InputKey}");
        }
    }

    /// <summary>The ids of a JSON array of integers, or null.</summary>
    public static int[]? ReadIds(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        int[] ids = new int[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out ids[i++]))
            {
                return null;
            }
        }

        return ids;
    }

    private static TokenFile ReadText(string path, JsonElement root, ModelSpec spec)
    {
        if (Find(root, DecoderKey) is not null)
        {
            throw new CliException($"{path}: has {DecoderKey}, but the model has no encoder; expected an array, or {InputKey} alone");
        }

        int[]? ids = ReadIds(Find(root, InputKey) ?? root);
        return new TokenFile(
            Check(path, "", ids ?? throw new CliException(
                $"{path}: holds no list of token ids; expected an array of integers, or an object with {InputKey}"), spec),
            null);
    }

    private static TokenFile ReadPair(string path, JsonElement root, ModelSpec spec, int start)
    {
        if (Find(root, InputKey) is not { } input || ReadIds(input) is not { } inputIds)
        {
            throw new CliException(
                $"{path}: has no list {InputKey}; expected an object with {InputKey} and {DecoderKey}, because the model has an encoder");
        }

        // without a text of its own the decoder is at its start
        int[]? ids = Find(root, DecoderKey) is { } decoder ? ReadIds(decoder) : [start];
        ids ??= [];
        return new TokenFile(Check(path, DecoderKey + " ", ids, spec), Check(path, InputKey + " ", inputIds, spec));
    }

    private static JsonElement? Find(JsonElement root, string key) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out JsonElement value) ? value : null;

    private static int[] Check(string path, string list, int[] ids, ModelSpec spec)
    {
        if (ids.Length == 0)
        {
            throw new CliException($"{path}: {list}holds no tokens; expected at least one");
        }

        int outside = Array.FindIndex(ids, id => id < 0 || id >= spec.VocabSize);
        if (outside >= 0)
        {
            throw new CliException($"{path}: {list}token {outside} is {ids[outside]}; expected an id from 0 to {spec.VocabSize - 1}");
        }

        // relative positions have no end
        if (ids.Length > spec.MaxPositions && spec.Attention is not GroupedQuerySpec { RelativeBias: not null })
        {
            throw new CliException(
                $"{path}: {list}holds {ids.Length} tokens; expected at most {spec.MaxPositions}, the model's max_position_embeddings");
        }

        return ids;
    }
}
