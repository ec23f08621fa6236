using MoeGen.Engine;

namespace MoeGen.Experts.Cache;

/// <summary>
/// The rows of a pass that are told of where there may be more than anybody wants to hear of: the last one of each segment, of too many
/// segments the last ones, and as much of the tails of these as there is room for, of the last first. Allocates nothing; for one thread.
/// </summary>
internal sealed class SegmentTails
{
    private readonly int[] _rows; // [maxRows] ascending
    private readonly int[] _ends; // [maxRows] one past the last of each segment in _rows

    /// <summary>Creates the buffers.</summary>
    /// <param name="maxRows">Most rows that are picked.</param>
    public SegmentTails(int maxRows)
    {
        _rows = new int[maxRows];
        _ends = new int[maxRows];
    }

    /// <summary>Rows that have been picked, ascending.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, NumSegments == 0 ? 0 : _ends[NumSegments - 1]);

    /// <summary>For each segment that has any, the place behind its last one among <see cref="Rows"/>.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, NumSegments);

    private int NumSegments { get; set; }

    /// <summary>Picks.</summary>
    /// <param name="segments">The segments of the pass, each of at least one token.</param>
    public void Pick(ReadOnlySpan<Segment> segments)
    {
        NumSegments = Math.Min(segments.Length, _rows.Length);
        ReadOnlySpan<Segment> told = segments[^NumSegments..];
        int room = _rows.Length - NumSegments;
        for (int i = NumSegments - 1; i >= 0; i--)
        {
            int more = Math.Min(told[i].NumTokens - 1, room);
            room -= more;
            _ends[i] = 1 + more; // how many, at first
        }

        int count = 0;
        for (int i = 0; i < NumSegments; i++)
        {
            int end = told[i].FirstRow + told[i].NumTokens;
            for (int row = end - _ends[i]; row < end; row++)
            {
                _rows[count++] = row;
            }

            _ends[i] = count;
        }
    }
}
