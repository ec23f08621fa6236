using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Python's arithmetic: whole numbers of any size, division that rounds down, a remainder with the divisor's sign.</summary>
internal static class Arithmetic
{
    public static Value Apply(string op, NumberValue left, NumberValue right) =>
        left.Whole is { } a && right.Whole is { } b ? ApplyWhole(op, a, b) : ApplyFloat(op, left.Float, right.Float);

    private static Value ApplyWhole(string op, BigInteger left, BigInteger right) => op switch
    {
        "+" => new IntValue(left + right),
        "-" => new IntValue(left - right),
        "*" => Bounded(left.GetBitLength() + right.GetBitLength(), () => left * right),
        "/" => new FloatValue(Divide(left, NotZero(right))),
        "//" => new IntValue(FloorDivide(left, NotZero(right))),
        "%" => new IntValue(left - (FloorDivide(left, NotZero(right)) * right)),
        _ => Power(left, right),
    };

    private static FloatValue ApplyFloat(string op, double left, double right) => new(op switch
    {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => left / NotZero(right),
        "//" => FloorDivide(left, NotZero(right)),
        "%" => Modulo(left, NotZero(right)),
        _ => Power(left, right),
    });

    public static BigInteger FloorDivide(BigInteger left, BigInteger right)
    {
        BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger remainder);
        return !remainder.IsZero && remainder.Sign != right.Sign ? quotient - 1 : quotient;
    }

    // the quotient of two large numbers can be a small one, so they are scaled before they become floating-point numbers
    private static double Divide(BigInteger left, BigInteger right)
    {
        long excess = Math.Max(left.GetBitLength(), right.GetBitLength());
        if (excess <= 53)
        {
            return (double)left / (double)right;
        }

        // 66 bits of quotient, the last of them standing for all that is cut off, round as the exact value does
        int shift = (int)(66 - (left.GetBitLength() - right.GetBitLength()));
        BigInteger numerator = BigInteger.Abs(shift > 0 ? left << shift : left);
        BigInteger denominator = BigInteger.Abs(shift < 0 ? right << -shift : right);
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        double value = Math.ScaleB((double)(quotient | (remainder.IsZero ? 0 : 1)), -shift);
        return double.IsInfinity(value) ? throw new TemplateFault("integer division result too large for a float")
            : left.Sign * right.Sign < 0 ? -value : value;
    }

    private static double FloorDivide(double left, double right)
    {
        double remainder = Modulo(left, right), quotient = (left - remainder) / right, floor = Math.Floor(quotient);
        return quotient == 0 ? Math.CopySign(0, left / right) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double Modulo(double left, double right)
    {
        double remainder = left % right;
        return remainder == 0 ? Math.CopySign(0, right)
            : double.IsNegative(remainder) != double.IsNegative(right) ? remainder + right
            : remainder;
    }

    private static Value Power(BigInteger left, BigInteger right)
    {
        if (right.Sign < 0)
        {
            return new FloatValue(Power((double)left, (double)right));
        }

        bool isTrivial = left.IsZero || left.IsOne || left == BigInteger.MinusOne;
        int exponent = isTrivial ? (int)(right.IsZero ? 0 : 2 - (right.IsEven ? 0 : 1)) : (int)BigInteger.Min(right, int.MaxValue);
        return Bounded(left.GetBitLength() * exponent, () => BigInteger.Pow(left, exponent));
    }

    private static double Power(double left, double right)
    {
        if (left == 0 && right < 0)
        {
            throw new TemplateFault("0.0 cannot be raised to a negative power");
        }

        if (left < 0 && double.IsFinite(left) && double.IsFinite(right) && !double.IsInteger(right))
        {
            throw new TemplateFault("a fractional power of a negative number, which is complex, is not supported");
        }

        double value = Math.Pow(left, right);
        return double.IsInfinity(value) && double.IsFinite(left) && double.IsFinite(right)
            ? throw new TemplateFault("the result of ** is too large for a float")
            : value;
    }

    private static IntValue Bounded(long numBits, Func<BigInteger> compute) => numBits <= TemplateLimits.MaxIntegerBits
        ? new IntValue(compute())
        : throw new TemplateFault($"an integer of more than {TemplateLimits.MaxIntegerBits} bits");

    private static BigInteger NotZero(BigInteger divisor) => divisor.IsZero ? throw new TemplateFault("division by zero") : divisor;

    private static double NotZero(double divisor) => divisor == 0 ? throw new TemplateFault("division by zero") : divisor;
}
