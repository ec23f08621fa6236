using System.Globalization;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>What a file of a pack says of itself in the <c>__metadata__</c> of its header.</summary>
/// <param name="Fingerprint">Fingerprint of the spec it was made for, with the pack's format.</param>
/// <param name="Format">How the matrices are held.</param>
/// <param name="Checksums">XXH64 of each blob, in the order of the file.</param>
internal sealed record PackMetadata(string Fingerprint, WeightFormat Format, ulong[] Checksums)
{
    /// <summary>The version of packs.</summary>
    public const string Version = "3";

    private const string VersionKey = "moegen_pack";
    private const string FingerprintKey = "fingerprint";
    private const string FormatKey = "weight_format";
    private const string ChecksumsKey = "xxh64";
    private const int DigitsPerChecksum = 16;

    // matrices lay row by row; what is outside the experts lay as the checkpoint had it
    private static readonly string[] s_olderVersions = ["1", "2"];

    /// <summary>The strings of a file that is about to be written.</summary>
    /// <param name="layout">The layout, of a model with the pack's format.</param>
    /// <param name="checksums">XXH64 of each blob.</param>
    public static IReadOnlyDictionary<string, string> Write(PackLayout layout, ulong[] checksums)
    {
        Dictionary<string, string> strings = new()
        {
            [VersionKey] = Version,
            [FingerprintKey] = layout.Info.Fingerprint,
            [FormatKey] = Name(layout.Info.WeightFormat),
        };
        foreach ((string key, string? value) in layout.Facts)
        {
            if (value is not null)
            {
                strings.Add(key, value);
            }
        }

        strings.Add(ChecksumsKey, string.Concat(checksums.Select(checksum => checksum.ToString("x16", CultureInfo.InvariantCulture))));
        return strings;
    }

    /// <summary>Reads the metadata of a file.</summary>
    /// <exception cref="CheckpointException">It is not a pack, or one of another version.</exception>
    public static PackMetadata Read(SafetensorsFile file)
    {
        string version = Find(file, VersionKey);
        return version == Version
            ? new PackMetadata(Find(file, FingerprintKey), ReadFormat(file), ReadChecksums(file))
            : throw new CheckpointException(
                file.Path, $"{VersionKey} of its metadata is {Quote(version)}; expected {Version}: "
                + (s_olderVersions.Contains(version)
                    ? "an older moegen has packed it; run `moegen pack` again"
                    : "a newer moegen may have packed it"));
    }

    /// <summary>Reads the metadata of a file, and checks that it is that of a layout.</summary>
    /// <exception cref="CheckpointException">It is of another model, or the header is damaged.</exception>
    public static PackMetadata Read(SafetensorsFile file, PackLayout layout)
    {
        PackMetadata found = Read(file);
        ModelInfo info = layout.Info;
        if (found.Fingerprint != info.Fingerprint || found.Format != info.WeightFormat)
        {
            throw new CheckpointException(
                file.Path,
                $"is a pack of another model: fingerprint {found.Fingerprint} in {Name(found.Format)}; "
                + $"expected {info.Fingerprint} in {Name(info.WeightFormat)}; run `moegen pack` again");
        }

        // an equal fingerprint means equal numbers, unless the header is damaged or that of another file
        foreach ((string key, string? expected) in layout.Facts)
        {
            string? value = file.Metadata.GetValueOrDefault(key);
            if (value != expected)
            {
                throw new CheckpointException(
                    file.Path, (value is null ? $"has no {key} in its metadata" : $"{key} of its metadata is {Quote(value)}")
                    + $"; expected {expected ?? "none"} in {layout.File}, as the config says; run `moegen pack` again");
            }
        }

        return found.Checksums.Length == layout.NumBlobs
            ? found
            : throw new CheckpointException(
                file.Path, $"has {found.Checksums.Length} checksums; expected {layout.NumBlobs}; run `moegen pack` again");
    }

    private static string Find(SafetensorsFile file, string key) =>
        file.Metadata.GetValueOrDefault(key) ?? throw new CheckpointException(
            file.Path, $"has no {key} in its metadata; expected a file that `moegen pack` has written");

    private static WeightFormat ReadFormat(SafetensorsFile file)
    {
        string name = Find(file, FormatKey);
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
        {
            if (Name(format) == name)
            {
                return format;
            }
        }

        throw new CheckpointException(file.Path, $"{FormatKey} of its metadata is {Quote(name)}; expected f32, f16, bf16, q8 or q4");
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

    private static string Name(WeightFormat format) => format.ToString().ToLowerInvariant();

    // a damaged file may hold anything: short, and on one line
    private static string Quote(string text)
    {
        const int ShownLength = 40;
        string shown = text.Length <= ShownLength ? text : text[..ShownLength] + "...";
        return $"\"{string.Concat(shown.Select(c => char.IsControl(c) ? ' ' : c))}\"";
    }
}
