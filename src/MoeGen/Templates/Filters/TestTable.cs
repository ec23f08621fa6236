namespace MoeGen.Templates;

/// <summary>jinja2's tests by name: what may stand after <c>is</c>.</summary>
/// <remarks>Source: jinja2 3.1, tests.py.</remarks>
internal static class TestTable
{
    private static readonly Dictionary<string, Function> s_tests = CreateTable();

    public static Function? Find(string name) => s_tests.GetValueOrDefault(name);

    private static Dictionary<string, Function> CreateTable()
    {
        Dictionary<string, Function> tests = [];
        AddTypes(tests);
        AddComparisons(tests);
        Add(tests, "odd", "value", (context, a) => Remainder(context, a[0]!, IntValue.Of(2)).Equals(IntValue.Of(1)));
        Add(tests, "even", "value", (context, a) => Remainder(context, a[0]!, IntValue.Of(2)).Equals(IntValue.Of(0)));
        Add(tests, "divisibleby", "value num", (context, a) => Remainder(context, a[0]!, a[1]!).Equals(IntValue.Of(0)));
        Add(tests, "lower", "value", (context, a) => CharacterTests.IsLower(context.ToText(a[0]!)));
        Add(tests, "upper", "value", (context, a) => CharacterTests.IsUpper(context.ToText(a[0]!)));
        Add(tests, "filter", "value", (_, a) => FilterTable.Find(Name(a[0]!)) is not null || FilterTable.IsUnsupported(Name(a[0]!)));
        Add(tests, "test", "value", (_, a) => Find(Name(a[0]!)) is not null);
        return tests;
    }

    private static void AddTypes(Dictionary<string, Function> tests)
    {
        Add(tests, "defined", "value", (_, a) => a[0] is not UndefinedValue);
        Add(tests, "undefined", "value", (_, a) => a[0] is UndefinedValue);
        Add(tests, "none", "value", (_, a) => a[0] is NoneValue);
        Add(tests, "boolean", "value", (_, a) => a[0] is BoolValue);
        Add(tests, "true", "value", (_, a) => a[0] == BoolValue.True);
        Add(tests, "false", "value", (_, a) => a[0] == BoolValue.False);
        Add(tests, "integer", "value", (_, a) => a[0] is IntValue);
        Add(tests, "float", "value", (_, a) => a[0] is FloatValue);
        Add(tests, "number", "value", (_, a) => a[0] is NumberValue);
        Add(tests, "string", "value", (_, a) => a[0] is TextValue);
        Add(tests, "mapping", "value", (_, a) => a[0] is DictValue);
        Add(tests, "sequence", "value", (_, a) => a[0] is TextValue or SequenceValue or DictValue or RangeValue or UndefinedValue);
        Add(tests, "iterable", "value", (_, a) => a[0]!.Iterate() is not null);
        Add(tests, "callable", "obj /", (_, a) => a[0]!.IsCallable);
        Add(tests, "escaped", "value", (_, a) => a[0] is TextValue { IsMarkup: true });
        Add(tests, "sameas", "value other", (_, a) =>
            ReferenceEquals(a[0], a[1]) || (a[0] is IntValue && a[1] is IntValue && a[0]!.Equals(a[1])));
    }

    private static void AddComparisons(Dictionary<string, Function> tests)
    {
        Add(tests, "in", "value seq", (context, a) => Operators.IsIn(context, a[0]!, a[1]!));
        foreach ((string op, string[] names) in new (string, string[])[]
        {
            ("==", ["==", "eq", "equalto"]),
            ("!=", ["!=", "ne"]),
            (">", [">", "gt", "greaterthan"]),
            (">=", [">=", "ge"]),
            ("<", ["<", "lt", "lessthan"]),
            ("<=", ["<=", "le"]),
        })
        {
            foreach (string name in names)
            {
                Add(tests, name, "a b /", (context, a) => Operators.Compare(context, op, a[0]!, a[1]!));
            }
        }
    }

    private static void Add(Dictionary<string, Function> tests, string name, string parameters, Func<RenderContext, Value?[], bool> test) =>
        tests.Add(name, new Function(name, parameters, (context, arguments) => BoolValue.Of(test(context, arguments))));

    // "%d" % 2 is a text: for one, the remainder is Python's formatting
    private static Value Remainder(RenderContext context, Value value, Value divisor) => Operators.Apply(context, "%", value, divisor);

    private static string Name(Value value) => DictValue.RequireKey(value) is TextValue text ? text.Text : "";
}
