using System.Globalization;
using System.Text;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>What a pack is made from, as a line of text: packing goes on only where this is still the same.</summary>
internal static class PackOrigin
{
    /// <summary>Describes model, format and the files of the checkpoint with their sizes and times.</summary>
    /// <param name="folder">The Hugging Face folder.</param>
    /// <param name="layout">The layout of the pack.</param>
    public static string Of(string folder, PackLayout layout)
    {
        StringBuilder files = new();
        foreach (string path in Directory.GetFiles(folder, "*.safetensors*").Order(StringComparer.Ordinal))
        {
            // folders of download caches hold links
            FileSystemInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
            files.Append(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)} {((FileInfo)file).Length} {file.LastWriteTimeUtc.Ticks}\n");
        }

        ulong hash = XxHash64.Of(Encoding.UTF8.GetBytes(files.ToString()));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"moegen pack {PackMetadata.Version}: model {layout.Info.Fingerprint}, {layout.DataBytes} bytes in {layout.NumBlobs} blobs, "
            + $"files {hash:x16}");
    }
}
