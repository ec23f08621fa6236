namespace MoeGen.Templates;

/// <summary>Methods of <c>str</c>.</summary>
internal static partial class TextMethods
{
    private static readonly MethodTable s_methods = CreateTable();

    public static Value? Find(TextValue text, string name) => s_methods.Bind(text, name);

    private static MethodTable CreateTable()
    {
        MethodTable methods = new();
        AddCase(methods);
        AddTests(methods);
        AddSearch(methods);
        AddSplit(methods);
        AddPadding(methods);
        methods.Add("join", "items /", (context, a) => Join(context, Self(a), a[1]!));
        methods.Add("replace", "old new count? /", (context, a) =>
        {
            TextValue self = Self(a), replacement = new(a[2].AsText(), a[2] is TextValue { IsMarkup: true });
            string added = self.IsMarkup ? Markup.Escape(replacement).Text : replacement.Text;
            return self.With(TextReplace.Replace(context, self.Text, a[1].AsText(), added, a[3].AsCount(-1)));
        });
        methods.Add("format", (context, arguments) =>
            BraceFormat.Format(context, (TextValue)arguments.Positional[0],
                arguments with { Positional = [.. arguments.Positional.Skip(1)] }));
        methods.Add("format_map", "mapping", (context, a) => BraceFormat.Format(context, Self(a), new Arguments([], Named(a[1]!))));
        methods.Add("expandtabs", "tabsize?", (context, a) =>
            Result(context, a, TextReplace.ExpandTabs(context, Self(a).Text, a[1].AsCount(8))));
        methods.Add("encode", (_, _) => throw new TemplateFault("bytes are not supported"));
        methods.Add("translate", (_, _) => throw new TemplateFault("translate() is not supported"));
        return methods;
    }

    private static void AddCase(MethodTable methods)
    {
        methods.Add("upper", "/", (context, a) => Result(context, a, PythonCase.Upper(Self(a).Text)));
        methods.Add("lower", "/", (context, a) => Result(context, a, PythonCase.Lower(Self(a).Text)));
        methods.Add("casefold", "/", (context, a) => Result(context, a, PythonCase.Fold(Self(a).Text)));
        methods.Add("title", "/", (context, a) => Result(context, a, PythonCase.Title(Self(a).Text)));
        methods.Add("capitalize", "/", (context, a) => Result(context, a, PythonCase.Capitalize(Self(a).Text)));
        methods.Add("swapcase", "/", (context, a) => Result(context, a, PythonCase.Swap(Self(a).Text)));
    }

    private static void AddTests(MethodTable methods)
    {
        methods.Add("isalpha", "/", (_, a) => BoolValue.Of(CharacterTests.IsAlpha(Self(a).Text)));
        methods.Add("isalnum", "/", (_, a) => BoolValue.Of(CharacterTests.IsAlphanumeric(Self(a).Text)));
        methods.Add("isdigit", "/", (_, a) => BoolValue.Of(CharacterTests.IsDigit(Self(a).Text)));
        methods.Add("isdecimal", "/", (_, a) => BoolValue.Of(CharacterTests.IsDecimal(Self(a).Text)));
        methods.Add("isnumeric", "/", (_, a) => BoolValue.Of(CharacterTests.IsNumeric(Self(a).Text)));
        methods.Add("isspace", "/", (_, a) => BoolValue.Of(Self(a).IsTrue && Self(a).Text.All(PythonSpace.IsSpace)));
        methods.Add("isascii", "/", (_, a) => BoolValue.Of(Self(a).Text.All(char.IsAscii)));
        methods.Add("islower", "/", (_, a) => BoolValue.Of(CharacterTests.IsLower(Self(a).Text)));
        methods.Add("isupper", "/", (_, a) => BoolValue.Of(CharacterTests.IsUpper(Self(a).Text)));
        methods.Add("istitle", "/", (_, a) => BoolValue.Of(CharacterTests.IsTitle(Self(a).Text)));
        methods.Add("isprintable", "/", (_, a) => BoolValue.Of(CharacterTests.IsPrintable(Self(a).Text)));
        methods.Add("isidentifier", "/", (_, a) => BoolValue.Of(CharacterTests.IsIdentifier(Self(a).Text)));
    }

    private static TextValue Self(Value?[] arguments) => (TextValue)arguments[0]!;

    private static TextValue Result(RenderContext context, Value?[] arguments, string text)
    {
        context.ReserveText(text.Length);
        return Self(arguments).With(text);
    }

    private static TextValue Join(RenderContext context, TextValue separator, Value items)
    {
        TextBuilder joined = new(context);
        bool isFirst = true;
        for (IEnumerator<Value> each = context.Iterate(items); each.MoveNext();)
        {
            joined.Append(isFirst ? "" : separator.Text);
            joined.Append(separator.IsMarkup ? Markup.Escape(context, each.Current).Text : each.Current.AsText());
            isFirst = false;
        }

        return separator.With(joined.ToString());
    }

    private static KeyValuePair<string, Value>[] Named(Value mapping) => mapping is DictValue dict
        ? [.. dict.Items.Where(pair => pair.Key is TextValue).Select(pair =>
            new KeyValuePair<string, Value>(pair.Key.AsText(), pair.Value))]
        : throw new TemplateFault("format_map() needs a mapping");
}
