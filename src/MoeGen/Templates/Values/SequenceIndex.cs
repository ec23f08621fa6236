using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Indexes and slices as Python counts them: from the end when negative.</summary>
internal static class SequenceIndex
{
    /// <summary>Turns a key into an index; null: no whole number, or out of range.</summary>
    public static int? Resolve(Value key, int length)
    {
        if ((key as NumberValue)?.Whole is not { } index)
        {
            return null;
        }

        index += index.Sign < 0 ? length : 0;
        return index.Sign >= 0 && index < length ? (int)index : null;
    }

    /// <summary>Works out a slice of a sequence.</summary>
    /// <exception cref="TemplateFault">A part is no whole number, or the step is zero.</exception>
    public static IndexRange Slice(Value? start, Value? stop, Value? step, int length)
    {
        BigInteger stride = Part(step) ?? BigInteger.One;
        if (stride.IsZero)
        {
            throw new TemplateFault("slice step cannot be zero");
        }

        bool isForward = stride.Sign > 0;
        int lowest = isForward ? 0 : -1, highest = isForward ? length : length - 1;
        int first = Clamp(Part(start), isForward ? lowest : highest), last = Clamp(Part(stop), isForward ? highest : lowest);

        // a stride beyond the length takes one item
        int by = (int)BigInteger.Max(BigInteger.Min(stride, length + 1), -length - 1);
        return new IndexRange(first, last, by);

        int Clamp(BigInteger? part, int absent) => part is not { } value
            ? absent
            : (int)BigInteger.Max(lowest, BigInteger.Min(highest, value.Sign < 0 ? value + length : value));
    }

    private static BigInteger? Part(Value? value) => value switch
    {
        null or NoneValue => null,
        NumberValue { Whole: { } whole } => whole,
        UndefinedValue undefined => throw undefined.Fault,
        _ => throw new TemplateFault("slice indices must be integers or None or have an __index__ method"),
    };
}

/// <summary>The indexes that a slice selects.</summary>
/// <param name="First">The first one.</param>
/// <param name="End">The one before which, or behind which, it ends.</param>
/// <param name="By">From one to the next.</param>
internal readonly record struct IndexRange(int First, int End, int By)
{
    public int[] ToArray()
    {
        List<int> indexes = [];
        for (int i = First; By > 0 ? i < End : i > End; i += By)
        {
            indexes.Add(i);
        }

        return [.. indexes];
    }
}
