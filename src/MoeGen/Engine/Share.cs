namespace MoeGen.Engine;

/// <summary>A worker's part of some units of work: <c>Start</c> up to, not including, <c>End</c>.</summary>
/// <param name="Start">First unit.</param>
/// <param name="End">One past the last unit.</param>
public readonly record struct Share(int Start, int End)
{
    /// <summary>Splits units evenly, in order, in multiples of a granularity.</summary>
    /// <param name="numUnits">Units of work.</param>
    /// <param name="index">Which part, 0-based.</param>
    /// <param name="count">How many parts.</param>
    /// <param name="granularity">Every part but the last begins and ends at a multiple of it.</param>
    public static Share Of(int numUnits, int index, int count, int granularity = 1)
    {
        long numBlocks = (numUnits + (long)granularity - 1) / granularity;
        int start = (int)Math.Min(numUnits, numBlocks * index / count * granularity);
        int end = (int)Math.Min(numUnits, numBlocks * (index + 1) / count * granularity);
        return new Share(start, end);
    }
}
