namespace MoeGen.Templates;

/// <summary>Methods of <c>list</c> and <c>tuple</c> that change nothing; the sandbox forbids the others.</summary>
internal static class SequenceMethods
{
    private static readonly string[] s_mutating = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"];

    private static readonly MethodTable s_methods = CreateTable();

    public static Value? Find(SequenceValue sequence, string name) => sequence is ListValue && s_mutating.Contains(name)
        ? RenderContext.Unsafe(sequence, name)
        : sequence is TupleValue && name == "copy" ? null : s_methods.Bind(sequence, name);

    private static MethodTable CreateTable()
    {
        MethodTable methods = new();
        methods.Add("copy", "/", (_, a) => Self(a).With(Self(a).Items));
        methods.Add("count", "value /", (context, a) =>
        {
            context.Step(Self(a).Items.Count);
            return IntValue.Of(Self(a).Items.Count(item => item.Equals(a[1])));
        });
        methods.Add("index", "value start? stop? /", (context, a) =>
        {
            int length = Self(a).Items.Count, start = Bound(a[2], 0, length), stop = Math.Min(Bound(a[3], length, length), length);
            context.Step(length);
            for (int i = start; i < stop; i++)
            {
                if (Self(a).Items[i].Equals(a[1]))
                {
                    return IntValue.Of(i);
                }
            }

            throw new TemplateFault("the value is not in the list");
        });
        return methods;
    }

    private static SequenceValue Self(Value?[] arguments) => (SequenceValue)arguments[0]!;

    private static int Bound(Value? value, int whenAbsent, int length)
    {
        int bound = value.AsCount(whenAbsent);
        return bound < 0 ? (int)Math.Max((long)bound + length, 0) : bound;
    }
}
