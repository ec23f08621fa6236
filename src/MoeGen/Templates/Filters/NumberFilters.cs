using System.Globalization;
using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Filters that make numbers, or something of numbers.</summary>
internal static class NumberFilters
{
    public static IEnumerable<Function> All { get; } =
    [
        new("abs", "x /", (_, a) => a[0] is NumberValue number
            ? number.Whole is { } whole ? new IntValue(BigInteger.Abs(whole)) : new FloatValue(Math.Abs(number.Float))
            : throw new TemplateFault($"bad operand type for abs(): '{a[0]!.TypeName}'")),
        new("int", "value default? base?", (_, a) => ToWhole(a[0]!, a[1] ?? IntValue.Of(0), a[2].AsCount(10))),
        new("float", "value default?", (_, a) => ToFloat(a[0]!) is double value ? new FloatValue(value) : a[1] ?? new FloatValue(0)),
        new("round", "value precision? method?", (_, a) => Round(a[0]!, a[1].AsCount(0), a[2] is null ? "common" : a[2].AsText())),
        new("filesizeformat", "value binary?", (context, a) => context.Text(FormatSize(RequireFloat(a[0]!), a[1].AsFlag()))),
    ];

    private static Value ToWhole(Value value, Value whenNone, int numberBase)
    {
        switch (value)
        {
            case UndefinedValue undefined:
                throw undefined.Fault;
            case NumberValue { Whole: { } whole }:
                return new IntValue(whole);
            case NumberValue number when double.IsInfinity(number.Float):
                throw new TemplateFault("cannot convert float infinity to integer");
            case TextValue text when NumberParser.ParseWhole(text.Text, numberBase) is { } parsed:
                return new IntValue(parsed);
            default:
                // "42.9" is 42
                return ToFloat(value) is double real && double.IsFinite(real) ? new IntValue(new BigInteger(real)) : whenNone;
        }
    }

    private static double? ToFloat(Value value) => value switch
    {
        NumberValue number => number.Float,
        TextValue text => NumberParser.ParseFloat(text.Text),
        UndefinedValue undefined => throw undefined.Fault,
        _ => null,
    };

    private static double RequireFloat(Value value) => ToFloat(value) ?? throw new TemplateFault($"'{value.TypeName}' is no number");

    private static Value Round(Value value, int precision, string method)
    {
        if (method is not ("common" or "ceil" or "floor"))
        {
            throw new TemplateFault("method must be common, ceil or floor");
        }

        NumberValue number = value as NumberValue
            ?? throw (value as UndefinedValue)?.Fault ?? new TemplateFault($"type {value.TypeName} doesn't define __round__ method");
        if (method != "common")
        {
            NumberValue scale = (NumberValue)Arithmetic.Apply("**", IntValue.Of(10), IntValue.Of(precision));
            NumberValue scaled = (NumberValue)Arithmetic.Apply("*", number, scale);
            return Arithmetic.Apply("/", scaled.Whole is { } exact ? new IntValue(exact)
                : ToInteger(scaled.Float, method == "ceil"), scale);
        }

        return number.Whole is { } whole ? new IntValue(RoundWhole(whole, precision))
            : new FloatValue(FloatText.RoundTo(number.Float, precision));
    }

    private static IntValue ToInteger(double value, bool isUp) => double.IsFinite(value)
        ? new IntValue(new BigInteger(isUp ? Math.Ceiling(value) : Math.Floor(value)))
        : throw new TemplateFault("cannot convert an infinite number or NaN to integer");

    private static BigInteger RoundWhole(BigInteger whole, int precision)
    {
        if (precision >= 0)
        {
            return whole;
        }

        if (precision < -TemplateLimits.MaxDigits)
        {
            return 0;
        }

        BigInteger unit = BigInteger.Pow(10, -precision), down = Arithmetic.FloorDivide(whole, unit);
        int half = ((whole - (down * unit)) * 2).CompareTo(unit);
        return (half > 0 || (half == 0 && !down.IsEven) ? down + 1 : down) * unit;
    }

    private static string FormatSize(double bytes, bool isBinary)
    {
        int unit = isBinary ? 1024 : 1000;
        if (bytes == 1)
        {
            return "1 Byte";
        }

        if (bytes < unit)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{new BigInteger(bytes)} Bytes");
        }

        const string Prefixes = "kMGTPEZY";
        double divisor = unit;
        int i = 0;
        while (i < Prefixes.Length - 1 && bytes >= divisor * unit)
        {
            divisor *= unit;
            i++;
        }

        string prefix = isBinary ? $"{char.ToUpperInvariant(Prefixes[i])}iB" : $"{Prefixes[i]}B";
        return $"{(double.IsFinite(bytes) ? FloatText.Fixed(unit * bytes / (divisor * unit), 1) : FloatText.NonFinite(bytes))} {prefix}";
    }
}
