using System.Globalization;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>What a pack says of itself in the <c>__metadata__</c> of its header.</summary>
/// <param name="Fingerprint">Fingerprint of the spec it was made for, with the pack's format.</param>
/// <param name="Format">How the matrices are held.</param>
/// <param name="ExpertBytes">Bytes of an expert, without what fills up its blob.</param>
/// <param name="NumLayers">Sparse layers.</param>
/// <param name="NumExperts">Experts of each.</param>
/// <param name="Checksums">XXH64 of each blob, in the order of the pack.</param>
internal sealed record PackMetadata(
    string Fingerprint, WeightFormat Format, long ExpertBytes, int NumLayers, int NumExperts, ulong[] Checksums)
{
    private const string Version = "2";
    private const string RowsVersion = "1"; // matrices lay row by row
    private const string VersionKey = "moegen_pack";
    private const string FingerprintKey = "fingerprint";
    private const string FormatKey = "weight_format";
    private const string ExpertBytesKey = "expert_bytes";
    private const string LayersKey = "sparse_layers";
    private const string ExpertsKey = "experts";
    private const string ChecksumsKey = "xxh64";
    private const string TwinsKey = "twins";
    private const int DigitsPerChecksum = 16;

    /// <summary>The metadata of a pack that is about to be written.</summary>
    /// <param name="layout">The layout, of a model with the pack's format.</param>
    /// <param name="checksums">XXH64 of each blob.</param>
    public static PackMetadata Of(PackLayout layout, ulong[] checksums)
    {
        ModelInfo info = layout.Info;
        return new(info.Fingerprint, info.WeightFormat, layout.ExpertBytes, info.SparseLayers.Count, info.NumExperts, checksums)
        {
            Twins = layout.Twins,
        };
    }

    /// <summary>Format of the twins that the file holds; null: it holds the experts themselves.</summary>
    public string? Twins { get; private init; }

    /// <summary>Reads the metadata of a file.</summary>
    /// <exception cref="CheckpointException">It is not a pack, or one of another version.</exception>
    public static PackMetadata Read(SafetensorsFile file)
    {
        string version = Find(file, VersionKey);
        if (version != Version)
        {
            throw new CheckpointException(
                file.Path, $"{VersionKey} of its metadata is {Quote(version)}; expected {Version}: "
                + (version == RowsVersion
                    ? "an older moegen has packed it; run `moegen pack` again"
                    : "a newer moegen may have packed it"));
        }

        return new PackMetadata(
            Find(file, FingerprintKey), ReadFormat(file), ReadNumber(file, ExpertBytesKey), (int)ReadNumber(file, LayersKey, int.MaxValue),
            (int)ReadNumber(file, ExpertsKey, int.MaxValue), ReadChecksums(file))
        {
            Twins = file.Metadata.GetValueOrDefault(TwinsKey),
        };
    }

    /// <summary>The strings of the header.</summary>
    public IReadOnlyDictionary<string, string> ToStrings()
    {
        Dictionary<string, string> strings = new()
        {
            [VersionKey] = Version,
            [FingerprintKey] = Fingerprint,
            [FormatKey] = Format.ToString().ToLowerInvariant(),
            [ExpertBytesKey] = ExpertBytes.ToString(CultureInfo.InvariantCulture),
            [LayersKey] = NumLayers.ToString(CultureInfo.InvariantCulture),
            [ExpertsKey] = NumExperts.ToString(CultureInfo.InvariantCulture),
            [ChecksumsKey] = string.Concat(Checksums.Select(checksum => checksum.ToString("x16", CultureInfo.InvariantCulture))),
        };
        if (Twins is not null)
        {
            strings.Add(TwinsKey, Twins);
        }

        return strings;
    }

    private static string Find(SafetensorsFile file, string key) =>
        file.Metadata.GetValueOrDefault(key) ?? throw new CheckpointException(
            file.Path, $"has no {key} in its metadata; expected an expert pack that `moegen pack` has written");

    private static WeightFormat ReadFormat(SafetensorsFile file)
    {
        string name = Find(file, FormatKey);
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
        {
            if (format.ToString().ToLowerInvariant() == name)
            {
                return format;
            }
        }

        throw new CheckpointException(file.Path, $"{FormatKey} of its metadata is {Quote(name)}; expected f32, f16, bf16, q8 or q4");
    }

    private static long ReadNumber(SafetensorsFile file, string key, long max = long.MaxValue)
    {
        string text = Find(file, key);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= max
            ? number
            : throw new CheckpointException(file.Path, $"{key} of its metadata is {Quote(text)}; expected an integer");
    }

    private static ulong[] ReadChecksums(SafetensorsFile file)
    {
        string text = Find(file, ChecksumsKey);
        ulong[] checksums = new ulong[text.Length / DigitsPerChecksum];
        bool isRight = text.Length % DigitsPerChecksum == 0;
        for (int i = 0; i < checksums.Length && isRight; i++)
        {
            isRight = ulong.TryParse(
                text.AsSpan(i * DigitsPerChecksum, DigitsPerChecksum), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out checksums[i]);
        }

        return isRight
            ? checksums
            : throw new CheckpointException(
                file.Path, $"{ChecksumsKey} of its metadata is {Quote(text)}; expected {DigitsPerChecksum} hexadecimal digits a blob");
    }

    // a damaged file may hold anything: short, and on one line
    private static string Quote(string text)
    {
        const int ShownLength = 40;
        string shown = text.Length <= ShownLength ? text : text[..ShownLength] + "...";
        return $"\"{string.Concat(shown.Select(c => char.IsControl(c) ? ' ' : c))}\"";
    }
}
