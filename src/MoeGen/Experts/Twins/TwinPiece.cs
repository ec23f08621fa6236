namespace MoeGen.Experts.Twins;

/// <summary>A piece of a twin, which is read, checked and expanded at once: its checksum, then its runs.</summary>
/// <param name="Offset">First byte inside the twin.</param>
/// <param name="Length">Bytes, those of the checksum included.</param>
/// <param name="Runs">What it holds, one behind the other.</param>
internal sealed record TwinPiece(long Offset, int Length, TwinRun[] Runs);
