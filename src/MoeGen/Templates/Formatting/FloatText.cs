using System.Globalization;
using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Floating-point numbers as Python writes them, rounded by their exact value, ties to even.</summary>
internal static class FloatText
{
    // more digits than any double has behind its point
    public const int MaxPrecision = 1100;

    /// <summary>Python's <c>repr</c>: the shortest digits that read back as the same number.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return NonFinite(value);
        }

        // .NET has the same digits; where the exponent begins differs
        (string digits, int exponent) = Split(value.ToString("R", CultureInfo.InvariantCulture));
        string sign = double.IsNegative(value) ? "-" : "";
        if (value == 0)
        {
            return sign + "0.0";
        }

        if (exponent is >= -4 and < 16)
        {
            return sign + Place(digits, exponent, minDecimals: 1);
        }

        string fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return $"{sign}{digits[0]}{fraction}e{ExponentText(exponent)}";
    }

    /// <summary><c>%f</c> of the absolute value.</summary>
    public static string Fixed(double value, int decimals)
    {
        string digits = Round(Math.Abs(value), decimals).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        return decimals == 0 ? digits : $"{digits[..^decimals]}.{digits[^decimals..]}";
    }

    /// <summary><c>%e</c> of the absolute value.</summary>
    public static string Exponent(double value, int decimals)
    {
        (string digits, int exponent) = Significant(Math.Abs(value), decimals + 1);
        return $"{digits[0]}{(decimals > 0 ? "." + digits[1..] : "")}e{ExponentText(exponent)}";
    }

    /// <summary><c>%g</c> of the absolute value.</summary>
    /// <param name="value">The number.</param>
    /// <param name="precision">Digits that count.</param>
    /// <param name="keepsZeros">Whether zeros at the end stay.</param>
    /// <param name="hasDecimal">Whether at least one digit stands behind the point, as where a format has no type.</param>
    public static string General(double value, int precision, bool keepsZeros, bool hasDecimal = false)
    {
        int count = Math.Max(precision, 1);
        (string digits, int exponent) = Significant(Math.Abs(value), count);
        string kept = keepsZeros ? digits : digits.TrimEnd('0') is { Length: > 0 } trimmed ? trimmed : "0";
        if (exponent >= -4 && exponent < (hasDecimal ? count - 1 : count))
        {
            return Place(kept, exponent, hasDecimal ? 1 : 0);
        }

        return $"{kept[0]}{(kept.Length > 1 ? "." + kept[1..] : "")}e{ExponentText(exponent)}";
    }

    /// <summary>Python's <c>round(value, decimals)</c>.</summary>
    public static double RoundTo(double value, int decimals)
    {
        if (!double.IsFinite(value) || decimals > MaxPrecision)
        {
            return value;
        }

        if (decimals < -310)
        {
            return Math.CopySign(0, value);
        }

        string digits = Round(Math.Abs(value), decimals).ToString(CultureInfo.InvariantCulture);
        double rounded = double.Parse($"{digits}E{-decimals}", CultureInfo.InvariantCulture);
        return double.IsInfinity(rounded) ? throw new TemplateFault("rounded value too large to represent") : Math.CopySign(rounded, value);
    }

    public static string NonFinite(double value) => double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";

    // value x 10^decimals as a whole number
    private static BigInteger Round(double value, int decimals)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger numerator = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52), denominator = BigInteger.One;
        int shift = Math.Max(exponent, 1) - 1075;
        if (shift >= 0)
        {
            numerator <<= shift;
        }
        else
        {
            denominator <<= -shift;
        }

        if (decimals >= 0)
        {
            numerator *= BigInteger.Pow(10, decimals);
        }
        else
        {
            denominator *= BigInteger.Pow(10, -decimals);
        }

        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        int half = (remainder * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    private static (string Digits, int Exponent) Significant(double value, int count)
    {
        if (value == 0)
        {
            return (new string('0', count), 0);
        }

        // the estimate may be one off, and rounding up may make a digit more
        int exponent = (int)Math.Floor(Math.Log10(value));
        while (true)
        {
            string digits = Round(value, count - 1 - exponent).ToString(CultureInfo.InvariantCulture);
            if (digits.Length == count)
            {
                return (digits, exponent);
            }

            exponent += digits.Length > count ? 1 : -1;
        }
    }

    private static (string Digits, int Exponent) Split(string text)
    {
        string unsigned = text.TrimStart('-');
        int e = unsigned.IndexOf('E'), exponent = e < 0 ? 0 : int.Parse(unsigned[(e + 1)..], CultureInfo.InvariantCulture);
        string mantissa = e < 0 ? unsigned : unsigned[..e];
        int point = mantissa.IndexOf('.');
        string all = mantissa.Replace(".", "", StringComparison.Ordinal);
        string digits = all.TrimStart('0');
        exponent += (point < 0 ? mantissa.Length : point) - 1 - (all.Length - digits.Length);
        digits = digits.TrimEnd('0');
        return (digits.Length == 0 ? "0" : digits, exponent);
    }

    /// <summary>Digits of which the first has the weight 10^exponent, written with a point.</summary>
    private static string Place(string digits, int exponent, int minDecimals)
    {
        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        string padded = digits.PadRight(exponent + 1 + minDecimals, '0');
        return padded.Length == exponent + 1 ? padded : $"{padded[..(exponent + 1)]}.{padded[(exponent + 1)..]}";
    }

    private static string ExponentText(int exponent) =>
        (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
}
