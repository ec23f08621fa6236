namespace MoeGen.Templates;

/// <summary>Filters that apply another filter or a test to each item. Like Python's generators, they begin when somebody reads
/// them.</summary>
internal static class SelectFilters
{
    public static IEnumerable<Function> All { get; } =
    [
        new("map", (context, arguments) => new IteratorValue(Map(context, arguments))),
        new("select", (context, arguments) => new IteratorValue(Select(context, arguments, wants: true, hasAttribute: false))),
        new("reject", (context, arguments) => new IteratorValue(Select(context, arguments, wants: false, hasAttribute: false))),
        new("selectattr", (context, arguments) => new IteratorValue(Select(context, arguments, wants: true, hasAttribute: true))),
        new("rejectattr", (context, arguments) => new IteratorValue(Select(context, arguments, wants: false, hasAttribute: true))),
    ];

    private static IEnumerator<Value> Map(RenderContext context, Arguments arguments)
    {
        Value value = arguments.Positional[0];
        if (!value.IsTrue)
        {
            yield break;
        }

        Func<Value, Value> map = CreateMap(context, arguments);
        for (IEnumerator<Value> items = context.Iterate(value); items.MoveNext();)
        {
            yield return map(items.Current);
        }
    }

    private static Func<Value, Value> CreateMap(RenderContext context, Arguments arguments)
    {
        if (arguments.Positional.Count == 1 && arguments.Find("attribute") is { } attribute)
        {
            return arguments.Named.All(pair => pair.Key is "attribute" or "default")
                ? AttributePath.Of(context, attribute, arguments.Find("default")).Find
                : throw new TemplateFault("map() got an unexpected argument");
        }

        if (arguments.Positional.Count == 1)
        {
            throw new TemplateFault("map requires a filter argument");
        }

        Function filter = FilterTable.Find(arguments.Positional[1] is TextValue name ? name.Text : "")
            ?? throw new TemplateFault($"no filter is named {arguments.Positional[1]}");
        Arguments rest = arguments with { Positional = [.. arguments.Positional.Skip(2)] };
        return item => filter.Invoke(context, rest.Prepend(item));
    }

    private static IEnumerator<Value> Select(RenderContext context, Arguments arguments, bool wants, bool hasAttribute)
    {
        Value value = arguments.Positional[0];
        if (!value.IsTrue)
        {
            yield break;
        }

        Func<Value, bool> test = CreateTest(context, arguments, hasAttribute);
        for (IEnumerator<Value> items = context.Iterate(value); items.MoveNext();)
        {
            if (test(items.Current) == wants)
            {
                yield return items.Current;
            }
        }
    }

    private static Func<Value, bool> CreateTest(RenderContext context, Arguments arguments, bool hasAttribute)
    {
        int index = 1;
        Func<Value, Value> find = item => item;
        if (hasAttribute)
        {
            find = arguments.Positional.Count > 1
                ? AttributePath.Of(context, arguments.Positional[index++]).Find
                : throw new TemplateFault("Missing parameter for attribute name");
        }

        if (index == arguments.Positional.Count)
        {
            return item => find(item).IsTrue;
        }

        Function test = TestTable.Find(arguments.Positional[index] is TextValue name ? name.Text : "")
            ?? throw new TemplateFault($"no test is named {arguments.Positional[index]}");
        Arguments rest = arguments with { Positional = [.. arguments.Positional.Skip(index + 1)] };
        return item => test.Invoke(context, rest.Prepend(find(item))).IsTrue;
    }
}
