namespace MoeGen.Templates;

/// <summary>Python's <c>&lt;</c> and its relatives, and sorting by them.</summary>
internal static class Ordering
{
    public static bool Compare(RenderContext context, string op, Value left, Value right)
    {
        context.Step();
        switch (left, right)
        {
            case (NumberValue a, NumberValue b):
                return NumberValue.Compare(a, b) is int order && Holds(op, order);
            case (TextValue a, TextValue b):
                return Holds(op, CodePoints.Compare(a.Text, b.Text));
            case (ListValue a, ListValue b):
                return Compare(context, op, a, b);
            case (TupleValue a, TupleValue b):
                return Compare(context, op, a, b);
            case (UndefinedValue undefined, _):
                throw undefined.Fault;
            case (_, UndefinedValue undefined):
                throw undefined.Fault;
            default:
                throw new TemplateFault($"'{op}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'");
        }
    }

    public static bool IsLess(RenderContext context, Value left, Value right) => Compare(context, "<", left, right);

    /// <summary>Sorts by keys, stably also in reverse, like Python's <c>sorted</c>.</summary>
    /// <param name="context">Counts the comparisons.</param>
    /// <param name="items">What is sorted.</param>
    /// <param name="key">What is compared.</param>
    /// <param name="isReverse">Largest first.</param>
    public static List<Value> Sort(RenderContext context, IReadOnlyList<Value> items, Func<Value, Value> key, bool isReverse)
    {
        KeyValuePair<Value, Value>[] entries = [.. items.Select(item => new KeyValuePair<Value, Value>(key(item), item))];
        KeyValuePair<Value, Value>[] buffer = new KeyValuePair<Value, Value>[entries.Length];
        MergeSort(context, entries, buffer, isReverse);
        return [.. entries.Select(entry => entry.Value)];
    }

    // .NET's sorts hide exceptions of the comparison in others, and not all are stable
    private static void MergeSort(
        RenderContext context, Span<KeyValuePair<Value, Value>> entries, Span<KeyValuePair<Value, Value>> buffer, bool isReverse)
    {
        if (entries.Length < 2)
        {
            return;
        }

        int half = entries.Length / 2;
        MergeSort(context, entries[..half], buffer[..half], isReverse);
        MergeSort(context, entries[half..], buffer[half..], isReverse);
        entries.CopyTo(buffer);
        for (int left = 0, right = half, i = 0; i < entries.Length; i++)
        {
            bool takesRight = left == half || (right < entries.Length && (isReverse
                ? IsLess(context, buffer[left].Key, buffer[right].Key)
                : IsLess(context, buffer[right].Key, buffer[left].Key)));
            entries[i] = takesRight ? buffer[right++] : buffer[left++];
        }
    }

    private static bool Compare(RenderContext context, string op, SequenceValue left, SequenceValue right)
    {
        int common = Math.Min(left.Items.Count, right.Items.Count);
        for (int i = 0; i < common; i++)
        {
            context.Step();
            if (!left.Items[i].Equals(right.Items[i]))
            {
                return Compare(context, op, left.Items[i], right.Items[i]);
            }
        }

        return Holds(op, left.Items.Count.CompareTo(right.Items.Count));
    }

    private static bool Holds(string op, int order) => op switch
    {
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };
}
