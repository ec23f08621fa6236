using System.Runtime.InteropServices;
using System.Text;
using MoeGen.Weights;

namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <content>The store as a safetensors file: <c>embeddings</c>, <c>maps</c> and the model's <c>fingerprint</c>.</content>
public sealed partial class ExpertMapStore
{
    private const string EmbeddingsName = "embeddings"; // [count, hidden] BF16, unit length
    private const string MapsName = "maps"; // [count, layers, experts] BF16
    private const string FingerprintName = "fingerprint"; // [characters] U8
    private const string Remedy = "Delete the file to start anew.";

    // a number is rounded by at most 2^-8 of itself, sums and lengths by no more; twice that leaves room for the router's own rounding
    private const double Tolerance = 1.0 / 128;

    /// <summary>Writes all maps into a file, which appears under its name when it is complete. Its folder is made if need be.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        byte[] fingerprint = Encoding.UTF8.GetBytes(Setup.Fingerprint);
        (int layers, int experts) = (Setup.Grid.NumLayers, Setup.Grid.NumExperts);
        using SafetensorsWriter writer = new(
            path,
            [
                new(EmbeddingsName, TensorType.BF16, [Count, Setup.HiddenSize]),
                new(MapsName, TensorType.BF16, [Count, layers, experts]),
                new(FingerprintName, TensorType.U8, [fingerprint.Length]),
            ]);
        ushort[] map = new ushort[layers * experts];
        Span<byte> bytes = MemoryMarshal.AsBytes(map.AsSpan());
        for (int row = 0; row < Count; row++)
        {
            for (int layer = 0; layer < layers; layer++)
            {
                _maps.Bits(layer, row).CopyTo(map.AsSpan(layer * experts));
            }

            writer.Write(MapsName, (long)row * bytes.Length, bytes);
            Span<byte> embedding = MemoryMarshal.AsBytes(_embeddings.Bits(0, row));
            writer.Write(EmbeddingsName, (long)row * embedding.Length, embedding);
        }

        writer.Write(FingerprintName, 0, fingerprint);
        writer.Commit();
    }

    /// <summary>Reads a file that <see cref="Save"/> has written, and checks every number of it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="setup">The model, which must be the one the file was made for.</param>
    /// <param name="capacity">Most maps, at least as many as the file has.</param>
    /// <exception cref="ExpertMapStoreException">It holds something else, or more.</exception>
    /// <exception cref="CheckpointException">It is no safetensors file, or a part of one.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ExpertMapStore Load(string path, PrefetchSetup setup, int capacity)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        ExpertMapStore store = new(setup, capacity);
        try
        {
            store.Read(file);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private void Read(SafetensorsFile file)
    {
        (int layers, int experts) = (Setup.Grid.NumLayers, Setup.Grid.NumExperts);
        CheckFingerprint(file);
        TensorEntry embeddings = Find(file, EmbeddingsName, TensorType.BF16, null, Setup.HiddenSize);
        long count = embeddings.Shape[0];
        if (count > Capacity)
        {
            throw new ExpertMapStoreException(
                file.Path, $"holds {count} maps; expected at most {Capacity}. Set Capacity of ExpertMapOptions to {count} or more.");
        }

        TensorEntry maps = Find(file, MapsName, TensorType.BF16, count, layers, experts);
        ushort[] map = new ushort[layers * experts];
        Span<byte> bytes = MemoryMarshal.AsBytes(map.AsSpan());
        for (int row = 0; row < count; row++)
        {
            Span<byte> embedding = MemoryMarshal.AsBytes(_embeddings.Bits(0, row));
            file.Read(embeddings.Offset + ((long)row * embedding.Length), embedding);
            CheckEmbedding(file.Path, row);
            file.Read(maps.Offset + ((long)row * bytes.Length), bytes);
            for (int layer = 0; layer < layers; layer++)
            {
                map.AsSpan(layer * experts, experts).CopyTo(_maps.Bits(layer, row));
                CheckDistribution(file.Path, row, layer);
            }

            Complete(row);
        }
    }

    private void CheckFingerprint(SafetensorsFile file)
    {
        TensorEntry entry = Find(file, FingerprintName, TensorType.U8, null);
        byte[] bytes = new byte[Math.Min(entry.Length, 256)];
        file.Read(entry.Offset, bytes);
        string found = Encoding.UTF8.GetString(bytes);
        if (found != Setup.Fingerprint)
        {
            throw new ExpertMapStoreException(
                file.Path,
                $"holds the maps of the model {found}; expected those of {Setup.Fingerprint}. Give every model a file of its own.");
        }
    }

    private void CheckEmbedding(string path, int row)
    {
        Span<float> values = _row.AsSpan(0, Setup.HiddenSize);
        _embeddings.Read(0, row, values);
        double length = Math.Sqrt(VectorLength.SquareOf(values));
        if (!(length == 0 || Math.Abs(length - 1) <= Tolerance))
        {
            throw new ExpertMapStoreException(
                path, FormattableString.Invariant($"embedding {row} has the length {length:g4}; expected 1, or 0. {Remedy}"));
        }
    }

    private void CheckDistribution(string path, int row, int layer)
    {
        Span<float> values = _row.AsSpan(0, Setup.Grid.NumExperts);
        _maps.Read(layer, row, values);
        double sum = 0;
        foreach (float value in values)
        {
            if (!(value >= 0))
            {
                throw new ExpertMapStoreException(
                    path,
                    FormattableString.Invariant($"map {row} holds {value:g4} in layer {layer}; expected probabilities. {Remedy}"));
            }

            sum += value;
        }

        if (!(sum == 0 || Math.Abs(sum - 1) <= Tolerance))
        {
            throw new ExpertMapStoreException(
                path,
                FormattableString.Invariant($"map {row} sums to {sum:g4} in layer {layer}; ")
                    + $"expected 1, or 0 where the layer was not walked. {Remedy}");
        }
    }

    // null stands for any number of rows
    private static TensorEntry Find(SafetensorsFile file, string name, TensorType type, long? numRows, params int[] rowShape)
    {
        TensorEntry? entry = file.Tensors.GetValueOrDefault(name);
        bool fits = entry?.Type == type
            && entry.Shape.Count == rowShape.Length + 1
            && (numRows is null || entry.Shape[0] == numRows)
            && entry.Shape.Skip(1).SequenceEqual(rowShape.Select(dimension => (long)dimension));
        if (fits)
        {
            return entry!;
        }

        string found = entry is null ? "is missing" : $"is {entry.Type.Name()} [{string.Join(", ", entry.Shape)}]";
        string expected = string.Join(", ", rowShape.Select(dimension => $"{dimension}").Prepend(numRows is null ? "any" : $"{numRows}"));
        throw new ExpertMapStoreException(
            file.Path, $"tensor {name} {found}; expected {type.Name()} [{expected}], a store of expert maps of this model. {Remedy}");
    }
}
