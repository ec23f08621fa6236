namespace MoeGen.Templates;

/// <summary>Methods of <c>dict</c> that change nothing; the sandbox forbids the others.</summary>
internal static class DictMethods
{
    private static readonly string[] s_mutating = ["clear", "pop", "popitem", "setdefault", "update"];

    private static readonly MethodTable s_methods = CreateTable();

    public static Value? Find(DictValue dict, string name) =>
        s_mutating.Contains(name) ? RenderContext.Unsafe(dict, name) : s_methods.Bind(dict, name);

    /// <summary>Key and value of each item as a tuple.</summary>
    public static IEnumerable<Value> Pairs(DictValue dict) => dict.Items.Select(pair => new TupleValue([pair.Key, pair.Value]));

    private static MethodTable CreateTable()
    {
        MethodTable methods = new();
        methods.Add("get", "key default? /", (_, a) => Self(a).FindItem(DictValue.RequireKey(a[1]!)) ?? a[2] ?? NoneValue.Instance);
        methods.Add("keys", "/", (context, a) => View(context, a, "dict_keys", Self(a).Items.Select(pair => pair.Key)));
        methods.Add("values", "/", (context, a) => View(context, a, "dict_values", Self(a).Items.Select(pair => pair.Value)));
        methods.Add("items", "/", (context, a) => View(context, a, "dict_items", Pairs(Self(a))));
        methods.Add("copy", "/", (context, a) =>
        {
            context.Step(Self(a).Length!.Value);
            return new DictValue(Self(a).Items);
        });
        return methods;
    }

    private static DictValue Self(Value?[] arguments) => (DictValue)arguments[0]!;

    private static DictView View(RenderContext context, Value?[] arguments, string typeName, IEnumerable<Value> items)
    {
        context.Step(Self(arguments).Length!.Value);
        return new DictView(typeName, [.. items]);
    }
}
