using System.Globalization;
using MoeGen.Experts;
using MoeGen.Experts.Twins;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// Where experts lie in a pack: <c>experts.safetensors</c> has one tensor of bytes for each, in the order of layer and expert, all of one
/// size, each at a multiple of a page. A blob is what a slot of expert memory holds, filled up with zeros. <c>twins.safetensors</c>
/// is made alike of their twins.
/// </summary>
internal sealed class PackLayout
{
    /// <summary>Name of the pack's file; a folder that has it is a packed model.</summary>
    public const string FileName = "experts.safetensors";

    /// <summary>Name of the file of twins, which a packed model may have.</summary>
    public const string TwinsFileName = "twins.safetensors";

    /// <summary>Blobs begin at multiples of this and are as long, as direct reads from disk need it.</summary>
    public const int Alignment = DirectFile.Alignment;

    /// <summary>Computes the layout of experts.</summary>
    /// <param name="info">The model, with the format of the pack.</param>
    public PackLayout(ModelInfo info)
        : this(info, info.ExpertBytes)
    {
    }

    private PackLayout(ModelInfo info, long expertBytes)
    {
        Info = info;
        Index = new ExpertIndex(info);
        ExpertBytes = expertBytes;
        BlobBytes = DirectFile.RoundUp(expertBytes);
    }

    public ModelInfo Info { get; }

    /// <summary>Name of the file.</summary>
    public string File { get; private init; } = FileName;

    /// <summary>Format of the twins; null: a blob is an expert itself.</summary>
    public string? Twins { get; private init; }

    /// <summary>Bytes of an expert or twin, without what fills up its blob.</summary>
    public long ExpertBytes { get; }

    public ExpertIndex Index { get; }

    /// <summary>Bytes of an expert in the pack.</summary>
    public long BlobBytes { get; }

    /// <summary>Bytes of all experts.</summary>
    public long DataBytes => Index.Count * BlobBytes;

    /// <summary>Computes the layout of twins.</summary>
    /// <param name="info">The model, with the format of its pack.</param>
    /// <param name="twins">The layout of a twin.</param>
    public static PackLayout OfTwins(ModelInfo info, TwinLayout twins) =>
        new(info, twins.SizeInBytes) { File = TwinsFileName, Twins = TwinLayout.Format };

    /// <summary>Whether a folder is a packed model.</summary>
    public static bool IsPacked(string folder) => System.IO.File.Exists(Path.Combine(folder, FileName));

    /// <summary>Whether a packed model has twins.</summary>
    public static bool HasTwins(string folder) => System.IO.File.Exists(Path.Combine(folder, TwinsFileName));

    /// <summary>Name of an expert's tensor.</summary>
    /// <param name="index">Number of the expert.</param>
    public string TensorName(int index)
    {
        (int layer, int expert) = Index.At(index);
        return string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.experts.{expert}");
    }
}
