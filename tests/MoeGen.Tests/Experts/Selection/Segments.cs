using MoeGen.Engine;

namespace MoeGen.Tests.Experts.Selection;

/// <summary>Segments of passes that no model runs.</summary>
internal static class Segments
{
    /// <summary>A decode step.</summary>
    public static Segment[] Step { get; } = Steps(1);

    /// <summary>Decode steps of several sequences.</summary>
    public static Segment[] Steps(int count, int decodeStep = 0) =>
    [
        .. Enumerable.Range(0, count).Select(
            row => new Segment { NumTokens = 1, FirstPosition = 9, FirstRow = row, IsDecode = true, DecodeStep = decodeStep }),
    ];

    /// <summary>A chunk of a prompt.</summary>
    public static Segment[] Prompt(int numTokens, bool isNewSequence = true) =>
        [new() { NumTokens = numTokens, FirstPosition = isNewSequence ? 0 : 9, IsNewSequence = isNewSequence }];
}
