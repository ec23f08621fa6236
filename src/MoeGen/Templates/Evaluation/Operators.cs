using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Python's operators on two values.</summary>
internal static class Operators
{
    public static Value Apply(RenderContext context, string op, Value left, Value right) => (op, left, right) switch
    {
        (_, NumberValue a, NumberValue b) => Arithmetic.Apply(op, a, b),
        ("%", TextValue format, _) => PrintfFormat.Format(context, format, right),
        (_, UndefinedValue undefined, _) => throw undefined.Fault,
        (_, _, UndefinedValue undefined) => throw undefined.Fault,
        ("+", TextValue a, TextValue b) => Concat(context, a, b),
        ("+", ListValue a, ListValue b) => Concat(context, a, b),
        ("+", TupleValue a, TupleValue b) => Concat(context, a, b),
        ("*", TextValue or SequenceValue, NumberValue { Whole: { } count }) => Repeat(context, left, count),
        ("*", NumberValue { Whole: { } count }, TextValue or SequenceValue) => Repeat(context, right, count),
        _ => throw new TemplateFault($"unsupported operand type(s) for {op}: '{left.TypeName}' and '{right.TypeName}'"),
    };

    public static Value Negate(char op, Value operand) => operand switch
    {
        NumberValue { Whole: { } whole } => new IntValue(op == '-' ? -whole : whole),
        NumberValue number => new FloatValue(op == '-' ? -number.Float : number.Float),
        UndefinedValue undefined => throw undefined.Fault,
        _ => throw new TemplateFault($"bad operand type for unary {op}: '{operand.TypeName}'"),
    };

    public static bool Compare(RenderContext context, string op, Value left, Value right) => op switch
    {
        "==" => AreEqual(context, left, right),
        "!=" => !AreEqual(context, left, right),
        "in" => IsIn(context, left, right),
        "not in" => !IsIn(context, left, right),
        _ => Ordering.Compare(context, op, left, right),
    };

    /// <summary>Python's <c>item in container</c>.</summary>
    public static bool IsIn(RenderContext context, Value item, Value container)
    {
        context.Step(container.Length ?? 1);
        return container.Contains(item) ?? throw new TemplateFault($"argument of type '{container.TypeName}' is not iterable");
    }

    private static bool AreEqual(RenderContext context, Value left, Value right)
    {
        context.Step(Math.Min(left.Weight, right.Weight));
        return left.Equals(right);
    }

    private static TextValue Concat(RenderContext context, TextValue left, TextValue right)
    {
        bool isMarkup = left.IsMarkup || right.IsMarkup;
        string a = isMarkup ? Markup.Escape(left).Text : left.Text, b = isMarkup ? Markup.Escape(right).Text : right.Text;
        context.ReserveText((long)a.Length + b.Length);
        return new TextValue(a + b, isMarkup);
    }

    private static SequenceValue Concat(RenderContext context, SequenceValue left, SequenceValue right)
    {
        context.Step((long)left.Items.Count + right.Items.Count);
        return left.With([.. left.Items, .. right.Items]);
    }

    private static Value Repeat(RenderContext context, Value value, BigInteger count)
    {
        int times = (int)BigInteger.Max(0, BigInteger.Min(count, int.MaxValue));
        if (value is TextValue text)
        {
            long length = (long)text.Text.Length * times;
            context.ReserveText(length);
            return text.With(length == 0 ? "" : string.Concat(Enumerable.Repeat(text.Text, times)));
        }

        SequenceValue sequence = (SequenceValue)value;
        long numItems = (long)sequence.Items.Count * times;
        context.Step(numItems);
        return sequence.With(numItems == 0 ? [] : [.. Enumerable.Repeat(sequence.Items, times).SelectMany(items => items)]);
    }
}
