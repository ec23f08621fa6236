namespace MoeGen.Weights;

/// <summary>How far loading has come.</summary>
/// <param name="BytesLoaded">Bytes read from the checkpoint.</param>
/// <param name="BytesTotal">Bytes to read.</param>
public readonly record struct LoadProgress(long BytesLoaded, long BytesTotal);
