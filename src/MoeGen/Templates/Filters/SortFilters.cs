namespace MoeGen.Templates;

/// <summary>Filters that compare items.</summary>
internal static class SortFilters
{
    public static IEnumerable<Function> All { get; } =
    [
        new("sort", "value reverse? case_sensitive? attribute?", (context, a) =>
            new ListValue(Ordering.Sort(context, context.ToList(a[0]!), SortKey(context, a[2], a[3]), a[1].AsFlag()))),
        new("dictsort", "value case_sensitive? by? reverse?", DictSort),
        new("unique", "value case_sensitive? attribute?", (context, a) =>
            new IteratorValue(Unique(context, a[0]!, Key(context, a[1], a[2])))),
        new("min", "value case_sensitive? attribute?", (context, a) =>
            Extreme(context, a, (item, best) => Ordering.IsLess(context, item, best))),
        new("max", "value case_sensitive? attribute?", (context, a) =>
            Extreme(context, a, (item, best) => Ordering.Compare(context, ">", item, best))),
        new("groupby", "value attribute default? case_sensitive?", GroupBy),
    ];

    private static Value IgnoreCase(RenderContext context, Value value)
    {
        if (value is not TextValue text)
        {
            return value;
        }

        context.ReserveText(text.Text.Length);
        return new TextValue(PythonCase.Lower(text.Text));
    }

    private static Func<Value, Value> Key(RenderContext context, Value? isCaseSensitive, Value? attribute, Value? whenUndefined = null)
    {
        AttributePath path = AttributePath.Of(context, attribute ?? NoneValue.Instance, whenUndefined);
        return isCaseSensitive.AsFlag() ? path.Find : item => IgnoreCase(context, path.Find(item));
    }

    private static Func<Value, Value> SortKey(RenderContext context, Value? isCaseSensitive, Value? attribute)
    {
        AttributePath[] paths = AttributePath.AllOf(context, attribute);
        bool keepsCase = isCaseSensitive.AsFlag();
        return item => new ListValue([.. paths.Select(path => keepsCase ? path.Find(item) : IgnoreCase(context, path.Find(item)))]);
    }

    private static ListValue DictSort(RenderContext context, Value?[] a)
    {
        string by = a[2] is null ? "key" : a[2] is TextValue text ? text.Text : "";
        if (by is not ("key" or "value"))
        {
            throw new TemplateFault("You can only sort by either \"key\" or \"value\"");
        }

        DictValue dict = a[0] as DictValue
            ?? throw (a[0] as UndefinedValue)?.Fault ?? new TemplateFault($"dictsort needs a mapping, not '{a[0]!.TypeName}'");
        bool keepsCase = a[1].AsFlag();
        Value Key(Value pair)
        {
            Value part = ((TupleValue)pair).Items[by == "key" ? 0 : 1];
            return keepsCase ? part : IgnoreCase(context, part);
        }

        return new ListValue(Ordering.Sort(context, [.. DictMethods.Pairs(dict)], Key, a[3].AsFlag()));
    }

    private static IEnumerator<Value> Unique(RenderContext context, Value value, Func<Value, Value> key)
    {
        HashSet<Value> seen = [];
        for (IEnumerator<Value> items = context.Iterate(value); items.MoveNext();)
        {
            if (seen.Add(DictValue.RequireKey(key(items.Current))))
            {
                yield return items.Current;
            }
        }
    }

    private static Value Extreme(RenderContext context, Value?[] a, Func<Value, Value, bool> isBetter)
    {
        Func<Value, Value> key = Key(context, a[1], a[2]);
        IEnumerator<Value> items = context.Iterate(a[0]!);
        if (!items.MoveNext())
        {
            return new UndefinedValue("No aggregated item, sequence was empty.");
        }

        Value best = items.Current, bestKey = key(best);
        while (items.MoveNext())
        {
            Value itemKey = key(items.Current);
            if (isBetter(itemKey, bestKey))
            {
                (best, bestKey) = (items.Current, itemKey);
            }
        }

        return best;
    }

    private static ListValue GroupBy(RenderContext context, Value?[] a)
    {
        Func<Value, Value> key = Key(context, a[3], a[1], a[2]), grouper = Key(context, BoolValue.True, a[1], a[2]);
        List<Value> groups = [], group = [];
        Value? current = null;
        foreach (Value item in Ordering.Sort(context, context.ToList(a[0]!), key, isReverse: false))
        {
            Value itemKey = key(item);
            if (current is not null && !current.Equals(itemKey))
            {
                groups.Add(new GroupValue(grouper(group[0]), new ListValue(group)));
                group = [];
            }

            current = itemKey;
            group.Add(item);
        }

        if (group.Count > 0)
        {
            groups.Add(new GroupValue(grouper(group[0]), new ListValue(group)));
        }

        return new ListValue(groups);
    }
}
