using System.Text.Json;

namespace MoeGen.Weights;

/// <summary>
/// The weights of a Hugging Face folder: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> names.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    private const string SingleName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";

    // the index of the largest published model has 10 MB
    private const long MaxIndexBytes = 256_000_000;

    private readonly string _origin; // the file that says which tensors there are
    private readonly IReadOnlyDictionary<string, string>? _weightMap; // tensor -> shard, null for a single file
    private readonly Dictionary<string, SafetensorsFile> _files = new(StringComparer.Ordinal); // by name inside the folder

    private Checkpoint(string origin, IReadOnlyDictionary<string, string>? weightMap)
    {
        _origin = origin;
        _weightMap = weightMap;
    }

    /// <summary>Every tensor that can be located, in ordinal order.</summary>
    public IEnumerable<string> TensorNames =>
        (_weightMap?.Keys ?? _files.Values.Single().Tensors.Keys).Order(StringComparer.Ordinal);

    /// <summary>Opens the folder's files and checks their headers.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">A file is missing or damaged.</exception>
    public static Checkpoint Open(string folder)
    {
        string single = Path.Combine(folder, SingleName);
        string index = Path.Combine(folder, IndexName);
        bool isSharded = !File.Exists(single);
        if (isSharded && !File.Exists(index))
        {
            throw new CheckpointException(folder, $"has no weights; expected {SingleName} or {IndexName}");
        }

        Checkpoint checkpoint = isSharded ? new(index, ReadIndex(index)) : new(single, null);
        try
        {
            IEnumerable<string> names = checkpoint._weightMap?.Values.Distinct(StringComparer.Ordinal) ?? [SingleName];
            foreach (string name in names.Order(StringComparer.Ordinal))
            {
                checkpoint._files.Add(name, checkpoint.OpenFile(folder, name));
            }
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }

        return checkpoint;
    }

    /// <summary>Whether the checkpoint claims to have a tensor; <see cref="Locate"/> finds out whether it does.</summary>
    public bool Contains(string name) => _weightMap?.ContainsKey(name) ?? _files[SingleName].Tensors.ContainsKey(name);

    /// <summary>Finds a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="file">The file that holds it.</param>
    /// <returns>Where it lies in the file.</returns>
    /// <exception cref="WeightNotFoundException">The index does not list it (a tensor that is in a shard but not listed is not looked
    /// for), or no file holds it.</exception>
    public TensorEntry Locate(string name, out SafetensorsFile file)
    {
        if (_weightMap is not null && !_weightMap.ContainsKey(name))
        {
            throw new WeightNotFoundException(_origin, name, "from weight_map");
        }

        file = _files[_weightMap?[name] ?? SingleName];
        return file.Tensors.TryGetValue(name, out TensorEntry? tensor)
            ? tensor
            : throw new WeightNotFoundException(
                file.Path, name, _weightMap is null ? "from the file" : $"from the file that {IndexName} names for it");
    }

    /// <summary>The element type of a tensor, or null where the checkpoint has none of that name.</summary>
    public TensorType? FindType(string name) =>
        _files.TryGetValue(_weightMap is null ? SingleName : _weightMap.GetValueOrDefault(name, ""), out SafetensorsFile? file)
            ? file.Tensors.GetValueOrDefault(name)?.Type
            : null;

    public void Dispose()
    {
        foreach (SafetensorsFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        const string MapKey = "weight_map";
        long length = new FileInfo(path).Length;
        if (length > MaxIndexBytes)
        {
            throw new CheckpointException(path, $"has {length} bytes; expected an index of at most {MaxIndexBytes}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty(MapKey, out JsonElement map)
                || map.ValueKind != JsonValueKind.Object)
            {
                throw new CheckpointException(path, $"has no {MapKey}; expected an object from tensor names to file names");
            }

            Dictionary<string, string> shards = new(StringComparer.Ordinal);
            foreach (JsonProperty entry in map.EnumerateObject())
            {
                string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
                if (shard is null || !IsPlainFileName(shard))
                {
                    throw new CheckpointException(
                        path,
                        $"{MapKey} names {entry.Value.GetRawText()} for {entry.Name}; expected the name of a file in the same folder");
                }

                if (!shards.TryAdd(entry.Name, shard))
                {
                    throw new CheckpointException(path, $"{MapKey} names {entry.Name} twice; expected each tensor once");
                }
            }

            return shards;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, $"is not JSON; expected an object with {MapKey}", exception);
        }
    }

    // a shard may not leave the model's folder, on any operating system
    private static bool IsPlainFileName(string name) =>
        name.Length > 0 && name.IndexOfAny(['/', '\\', ':', '\0']) < 0 && name is not ("." or "..");

    private SafetensorsFile OpenFile(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path)
            ? SafetensorsFile.Open(path)
            : throw new CheckpointException(
                _origin, $"weight_map names {name}, which is not in the folder; expected every shard beside the index");
    }
}
