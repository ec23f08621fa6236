using System.Globalization;
using MoeGen.Experts;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// Where experts lie in a pack: <c>experts.safetensors</c> has one tensor of bytes for each, in the order of layer and expert, all of one
/// size, each at a multiple of a page. A blob is what a slot of expert memory holds, filled up with zeros.
/// </summary>
internal sealed class PackLayout
{
    /// <summary>Name of the pack's file; a folder that has it is a packed model.</summary>
    public const string FileName = "experts.safetensors";

    /// <summary>Blobs begin at multiples of this and are as long, as direct reads from disk need it.</summary>
    public const int Alignment = DirectFile.Alignment;

    /// <summary>Computes the layout.</summary>
    /// <param name="info">The model, with the format of the pack.</param>
    public PackLayout(ModelInfo info)
    {
        Info = info;
        Index = new ExpertIndex(info);
        BlobBytes = DirectFile.RoundUp(info.ExpertBytes);
    }

    public ModelInfo Info { get; }

    public ExpertIndex Index { get; }

    /// <summary>Bytes of an expert in the pack.</summary>
    public long BlobBytes { get; }

    /// <summary>Bytes of all experts.</summary>
    public long DataBytes => Index.Count * BlobBytes;

    /// <summary>Whether a folder is a packed model.</summary>
    public static bool IsPacked(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Name of an expert's tensor.</summary>
    /// <param name="index">Number of the expert.</param>
    public string TensorName(int index)
    {
        (int layer, int expert) = Index.At(index);
        return string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.experts.{expert}");
    }
}
