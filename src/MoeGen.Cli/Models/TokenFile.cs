using System.Text.Json;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Models;

/// <summary>A file of token ids: a JSON array, or an object with <c>input_ids</c>.</summary>
internal static class TokenFile
{
    private const string Key = "input_ids";
    private const long MaxBytes = 64_000_000;

    /// <summary>Reads the ids and refuses what the model cannot take, before anything is loaded.</summary>
    /// <exception cref="CliException">The file is not one of token ids, or the model has no such tokens.</exception>
    public static int[] Read(string path, ModelSpec spec)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"{path}: does not exist; expected a JSON file of token ids");
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new CliException($"{path}: has more than {MaxBytes} bytes; expected a JSON file of token ids");
        }

        int[]? ids;
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            ids = ReadIds(root.ValueKind == JsonValueKind.Object && root.TryGetProperty(Key, out JsonElement inner) ? inner : root);
        }
        catch (JsonException)
        {
            throw new CliException($"{path}: is not JSON; expected an array of token ids, or an object with {Key}");
        }

        if (ids is null)
        {
            throw new CliException($"{path}: holds no list of token ids; expected an array of integers, or an object with {Key}");
        }

        Check(path, ids, spec);
        return ids;
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

    private static void Check(string path, int[] ids, ModelSpec spec)
    {
        if (ids.Length == 0)
        {
            throw new CliException($"{path}: holds no tokens; expected at least one");
        }

        int outside = Array.FindIndex(ids, id => id < 0 || id >= spec.VocabSize);
        if (outside >= 0)
        {
            throw new CliException($"{path}: token {outside} is {ids[outside]}; expected an id from 0 to {spec.VocabSize - 1}");
        }

        if (ids.Length > spec.MaxPositions)
        {
            throw new CliException(
                $"{path}: holds {ids.Length} tokens; expected at most {spec.MaxPositions}, the model's max_position_embeddings");
        }
    }
}
