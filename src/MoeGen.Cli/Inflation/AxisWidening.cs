using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Inflation;

/// <summary>
/// How one dimension of a tensor becomes longer: every place of the new dimension is a place of the old one, or zero. Places that follow each
/// other are kept as runs.
/// </summary>
/// <param name="axis">The dimension, counted from the last one, which is 0.</param>
/// <param name="oldLength">Its length in the checkpoint.</param>
/// <param name="newLength">Its length afterwards.</param>
internal sealed class AxisWidening(int axis, int oldLength, int newLength)
{
    private const int Zero = -1;

    private readonly int[] _places = CreatePlaces(newLength); // [newLength] place in the old dimension

    public int Axis => axis;

    public int OldLength => oldLength;

    public int NewLength => newLength;

    /// <summary>The runs of the new dimension, one behind the other; null as first place: zeros.</summary>
    public IEnumerable<(int? First, int Count)> Runs
    {
        get
        {
            for (int start = 0, end; start < newLength; start = end)
            {
                int first = _places[start];
                end = start + 1;
                while (end < newLength && _places[end] == (first == Zero ? Zero : first + end - start))
                {
                    end++;
                }

                yield return (first == Zero ? null : first, end - start);
            }
        }
    }

    /// <summary>The dimension of a weight that is longer in a wider model; null: it is as it was.</summary>
    /// <param name="before">The weight.</param>
    /// <param name="after">The same weight of the wider model.</param>
    /// <param name="known">What other weights of the same tensor have said; null: nothing yet.</param>
    public static AxisWidening? Of(WeightSpec before, WeightSpec after, AxisWidening? known)
    {
        if (before.Shape is null || before.Shape.Rows != after.Shape!.Rows)
        {
            return before.Shape is null && before.Length == after.Length ? known : OfOutputs(before, after, known);
        }

        if (before.Shape.Columns == after.Shape.Columns)
        {
            return known;
        }

        // inputs that were not there before count nothing
        bool isTransposed = before.Stack?.IsTransposed ?? false;
        AxisWidening columns = new(isTransposed ? 1 : 0, before.Shape.Columns, after.Shape.Columns);
        for (int column = 0; column < before.Shape.Columns; column++)
        {
            columns._places[column] = column;
        }

        return columns;
    }

    // outputs are repeated: as plausible as the old ones, and of no effect, because nothing takes them in
    private static AxisWidening OfOutputs(WeightSpec before, WeightSpec after, AxisWidening? known)
    {
        int oldRows = before.Shape?.Rows ?? before.Length, newRows = after.Shape?.Rows ?? after.Length;
        bool isInner = before.Shape is null || before.Stack is { IsTransposed: true };
        AxisWidening rows = known ?? new(isInner ? 0 : 1, before.Stack?.Rows ?? oldRows, after.Stack?.Rows ?? newRows);
        for (int row = 0; row < newRows; row++)
        {
            rows._places[Place(after.Stack, row)] = Place(before.Stack, row % oldRows);
        }

        return rows;
    }

    private static int Place(StackSpec? stack, int row) => stack is null ? row : stack.FirstRow + (row * stack.RowStep);

    private static int[] CreatePlaces(int length)
    {
        int[] places = new int[length];
        Array.Fill(places, Zero);
        return places;
    }
}
