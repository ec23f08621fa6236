using System.Globalization;
using System.Numerics;
using System.Text;

namespace MoeGen.Templates;

/// <summary>A number; Python counts booleans among them.</summary>
internal abstract class NumberValue : Value
{
    /// <summary>The whole number, or null for a floating-point one.</summary>
    public abstract BigInteger? Whole { get; }

    /// <summary>Python's <c>float(value)</c>.</summary>
    public abstract double Float { get; }

    public override bool Equals(Value? other) => other is NumberValue number && Compare(this, number) == 0;

    public override int GetHashCode() => Whole?.GetHashCode()
        ?? (double.IsInteger(Float) ? new BigInteger(Float).GetHashCode() : Float.GetHashCode());

    /// <summary>Compares by exact value; null where a value is NaN.</summary>
    public static int? Compare(NumberValue left, NumberValue right)
    {
        if (left.Whole is { } wholeLeft && right.Whole is { } wholeRight)
        {
            return wholeLeft.CompareTo(wholeRight);
        }

        if (left.Whole is null && right.Whole is null)
        {
            return double.IsNaN(left.Float) || double.IsNaN(right.Float) ? null : left.Float.CompareTo(right.Float);
        }

        return left.Whole is { } whole ? -CompareToWhole(right.Float, whole) : CompareToWhole(left.Float, right.Whole!.Value);
    }

    private static int? CompareToWhole(double value, BigInteger whole)
    {
        if (double.IsNaN(value))
        {
            return null;
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? 1 : -1;
        }

        int order = new BigInteger(Math.Floor(value)).CompareTo(whole);
        return order == 0 && !double.IsInteger(value) ? 1 : order;
    }
}

/// <summary>Python's <c>bool</c>.</summary>
internal sealed class BoolValue : NumberValue
{
    private BoolValue(bool isTrue)
    {
        IsTrue = isTrue;
    }

    public static BoolValue True { get; } = new(true);

    public static BoolValue False { get; } = new(false);

    public override string TypeName => "bool";

    public override bool IsTrue { get; }

    public override BigInteger? Whole => IsTrue ? BigInteger.One : BigInteger.Zero;

    public override double Float => IsTrue ? 1 : 0;

    public static BoolValue Of(bool value) => value ? True : False;

    public override void AppendRepr(StringBuilder text) => text.Append(IsTrue ? "True" : "False");
}

/// <summary>Python's <c>int</c>, of any size.</summary>
internal sealed class IntValue(BigInteger number) : NumberValue
{
    // loops count with small numbers
    private static readonly IntValue[] s_small = [.. Enumerable.Range(0, 257).Select(i => new IntValue(i))];

    public override string TypeName => "int";

    public override bool IsTrue => !number.IsZero;

    public override BigInteger? Whole => number;

    public override double Float
    {
        get
        {
            double value = (double)number;
            return double.IsInfinity(value) ? throw new TemplateFault("int too large to convert to float") : value;
        }
    }

    public static IntValue Of(int value) => value is >= 0 and <= 256 ? s_small[value] : new IntValue(value);

    public override Value? FindAttribute(string name) => NumberMethods.Find(this, name);

    public override void AppendRepr(StringBuilder text) => text.Append(Print(number));

    /// <summary>The decimal digits; like Python, refuses numbers that take long to print.</summary>
    public static string Print(BigInteger number)
    {
        // 10^4300 has 14285 bits
        string digits = number.GetBitLength() <= 14_300 ? number.ToString(CultureInfo.InvariantCulture) : "";
        return digits.Length > 0 && digits.Length - (number.Sign < 0 ? 1 : 0) <= TemplateLimits.MaxDigits
            ? digits
            : throw new TemplateFault($"a number of more than {TemplateLimits.MaxDigits} digits cannot be printed");
    }
}

/// <summary>Python's <c>float</c>.</summary>
internal sealed class FloatValue(double value) : NumberValue
{
    public override string TypeName => "float";

    public override bool IsTrue => value != 0;

    public override BigInteger? Whole => null;

    public override double Float => value;

    public override Value? FindAttribute(string name) => NumberMethods.Find(this, name);

    public override void AppendRepr(StringBuilder text) => text.Append(FloatText.Repr(value));
}
