namespace MoeGen.Generator.Spec;

/// <summary>
/// Bounds well beyond every published model: what lies outside is a mistake, and no product of them overflows a long.
/// </summary>
internal static class SpecBounds
{
    public const int MaxWidth = 1 << 20;
    public const int MaxVocabSize = 1 << 24;
    public const int MaxPositions = 1 << 28;
    public const int MaxLayers = 4096;
    public const int MaxHeads = 4096;
    public const int MaxHeadDim = 4096;
    public const int MaxRelativeDistance = 1 << 16;
    public const int MaxExperts = 1 << 16;
}
