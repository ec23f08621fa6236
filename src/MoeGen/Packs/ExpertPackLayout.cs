using System.Globalization;
using MoeGen.Experts;
using MoeGen.Experts.Twins;
using MoeGen.Weights;

namespace MoeGen.Packs;

/// <summary>
/// Where experts lie in a pack: <c>experts.safetensors</c> has a blob for each, in the order of layer and expert, all of one size, each at
/// a multiple of a page. A blob is what a slot of expert memory holds, filled up with zeros. <c>twins.safetensors</c> is made alike of
/// their twins.
/// </summary>
internal sealed class ExpertPackLayout : PackLayout
{
    private readonly long _expertBytes; // without what fills up a blob
    private readonly string? _twins; // format; null: a blob is an expert itself

    /// <summary>Computes the layout of experts.</summary>
    /// <param name="info">The model, with the format of the pack.</param>
    public ExpertPackLayout(ModelInfo info)
        : this(info, FileName, info.ExpertBytes, twins: null)
    {
    }

    private ExpertPackLayout(ModelInfo info, string file, long expertBytes, string? twins)
        : base(info, file)
    {
        Index = new ExpertIndex(info);
        _expertBytes = expertBytes;
        _twins = twins;
        BlobBytes = DirectFile.RoundUp(expertBytes);
    }

    /// <summary>Which expert each blob is.</summary>
    public ExpertIndex Index { get; }

    public override int NumBlobs => Index.Count;

    public override long BlobBytes { get; }

    public override long DataBytes => NumBlobs * BlobBytes;

    public override IReadOnlyList<TensorOutline> Tensors =>
        [.. Enumerable.Range(0, NumBlobs).Select(blob => new TensorOutline(TensorName(blob), TensorType.U8, [BlobBytes]))];

    public override IReadOnlyList<(string Key, string? Value)> Facts =>
    [
        ("expert_bytes", Text(_expertBytes)), ("sparse_layers", Text(Info.SparseLayers.Count)), ("experts", Text(Info.NumExperts)),
        ("twins", _twins),
    ];

    /// <summary>Computes the layout of twins.</summary>
    /// <param name="info">The model, with the format of its pack.</param>
    /// <param name="twins">The layout of a twin.</param>
    public static ExpertPackLayout OfTwins(ModelInfo info, TwinLayout twins) =>
        new(info, TwinsFileName, twins.SizeInBytes, TwinLayout.Format);

    public override string Describe(int blob)
    {
        (int layer, int expert) = Index.At(blob);
        return $"{(_twins is null ? "" : "the twin of ")}expert {expert} of layer {layer}";
    }

    private string TensorName(int blob)
    {
        (int layer, int expert) = Index.At(blob);
        return string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.experts.{expert}");
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
