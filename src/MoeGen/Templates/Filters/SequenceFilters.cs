namespace MoeGen.Templates;

/// <summary>Filters about sequences as a whole.</summary>
internal static class SequenceFilters
{
    public static IEnumerable<Function> All { get; } =
    [
        new("length", "obj /", (_, a) => a[0]!.Length is int length
            ? IntValue.Of(length)
            : throw new TemplateFault($"object of type '{a[0]!.TypeName}' has no len()")),
        new("default", "value default_value? boolean?", (_, a) =>
            a[0] is UndefinedValue || (a[2].AsFlag() && !a[0]!.IsTrue) ? a[1] ?? TextValue.Empty : a[0]!),
        new("list", "value", (context, a) => new ListValue(context.ToList(a[0]!))),
        new("items", "value", (context, a) => new IteratorValue(Items(a[0]!))),
        new("first", "seq", (context, a) => First(context.Iterate(a[0]!), "No first item, sequence was empty.")),
        new("last", "seq", (_, a) => First(
            a[0]!.Reverse() ?? throw new TemplateFault($"'{a[0]!.TypeName}' object is not reversible"),
            "No last item, sequence was empty.")),
        new("join", "value d? attribute?", Join),
        new("reverse", "value", Reverse),
        new("batch", "value linecount fill_with?", (context, a) => new IteratorValue(Batch(context, a[0]!, a[1]!, a[2]))),
        new("slice", "value slices fill_with?", (context, a) => new IteratorValue(Slice(context, a[0]!, a[1]!, a[2]))),
        new("sum", "iterable attribute? start?", Sum),
        new("attr", "obj name", (context, a) => a[0]!.FindAttribute(a[1].AsText()) is null
            ? new UndefinedValue($"'{a[0]!.TypeName} object' has no attribute '{a[1].AsText()}'")
            : context.GetAttribute(a[0]!, a[1].AsText())),
    ];

    private static Value First(IEnumerator<Value> items, string whenEmpty) =>
        items.MoveNext() ? items.Current : new UndefinedValue(whenEmpty);

    // nothing is checked before the first item is asked for
    private static IEnumerator<Value> Items(Value value)
    {
        if (value is UndefinedValue)
        {
            yield break;
        }

        foreach (Value pair in DictMethods.Pairs(value as DictValue ?? throw new TemplateFault("Can only get item pairs from a mapping.")))
        {
            yield return pair;
        }
    }

    private static TextValue Join(RenderContext context, Value?[] a)
    {
        string separator = a[1] is null ? "" : context.ToText(a[1]!);
        Func<Value, Value> select = a[2].IsGiven() ? AttributePath.Of(context, a[2]!).Find : item => item;
        TextBuilder text = new(context);
        bool isFirst = true;
        for (IEnumerator<Value> items = context.Iterate(a[0]!); items.MoveNext();)
        {
            text.Append(isFirst ? "" : separator);
            text.Append(context.ToText(select(items.Current)));
            isFirst = false;
        }

        return new TextValue(text.ToString());
    }

    private static Value Reverse(RenderContext context, Value?[] a)
    {
        if (a[0] is TextValue text)
        {
            context.ReserveText(text.Text.Length);
            return CodePoints.Select(text, [.. Enumerable.Range(0, text.NumCodePoints).Reverse()]);
        }

        if (a[0]!.Reverse() is { } items)
        {
            return new IteratorValue(items, "reversed");
        }

        List<Value> list = context.ToList(a[0]!);
        list.Reverse();
        return new ListValue(list);
    }

    private static IEnumerator<Value> Batch(RenderContext context, Value value, Value size, Value? fill)
    {
        List<Value> batch = [];
        for (IEnumerator<Value> items = context.Iterate(value); items.MoveNext();)
        {
            if (IntValue.Of(batch.Count).Equals(size))
            {
                yield return new ListValue(batch);
                batch = [];
            }

            batch.Add(items.Current);
        }

        if (batch.Count > 0)
        {
            if (fill.IsGiven())
            {
                int missing = Math.Max(0, size.AsCount() - batch.Count);
                context.Step(missing);
                batch.AddRange(Enumerable.Repeat(fill!, missing));
            }

            yield return new ListValue(batch);
        }
    }

    private static IEnumerator<Value> Slice(RenderContext context, Value value, Value slices, Value? fill)
    {
        List<Value> items = context.ToList(value);
        int count = slices.AsCount();
        if (count == 0)
        {
            throw new TemplateFault("integer division or modulo by zero");
        }

        int size = count < 0 ? 0 : items.Count / count, numLonger = count < 0 ? 0 : items.Count % count, start = 0;
        for (int i = 0; i < count; i++)
        {
            context.Step();
            int length = size + (i < numLonger ? 1 : 0);
            List<Value> part = items.GetRange(start, length);
            start += length;
            if (fill.IsGiven() && i >= numLonger)
            {
                part.Add(fill!);
            }

            yield return new ListValue(part);
        }
    }

    private static Value Sum(RenderContext context, Value?[] a)
    {
        Func<Value, Value> select = a[1].IsGiven() ? AttributePath.Of(context, a[1]!).Find : item => item;
        Value sum = a[2] ?? IntValue.Of(0);
        if (sum is TextValue)
        {
            throw new TemplateFault("sum() can't sum strings");
        }

        for (IEnumerator<Value> items = context.Iterate(a[0]!); items.MoveNext();)
        {
            sum = Operators.Apply(context, "+", sum, select(items.Current));
        }

        return sum;
    }
}
