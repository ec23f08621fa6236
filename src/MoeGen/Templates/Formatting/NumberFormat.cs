using System.Globalization;
using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Digits of numbers in the notations that <c>%</c> and <c>format</c> share. Signs are put before them by the caller.</summary>
internal static class NumberFormat
{
    /// <summary>The absolute value of a whole number.</summary>
    /// <param name="number">The number.</param>
    /// <param name="type"><c>d</c>, <c>o</c>, <c>x</c>, <c>X</c> or <c>b</c>.</param>
    public static string Whole(BigInteger number, char type)
    {
        BigInteger value = BigInteger.Abs(number);
        if (type == 'd')
        {
            return IntValue.Print(value);
        }

        if (value.IsZero)
        {
            return "0";
        }

        string digits = type switch
        {
            'o' => string.Concat(Octal(value).Reverse()),
            'b' => value.ToString("b", CultureInfo.InvariantCulture).TrimStart('0'),
            _ => value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0'),
        };
        return type == 'X' ? digits.ToUpperInvariant() : digits;
    }

    /// <summary>The absolute value of a floating-point number.</summary>
    /// <param name="value">The number.</param>
    /// <param name="type"><c>e</c>, <c>f</c>, <c>g</c>, in capitals for capital letters.</param>
    /// <param name="precision">Digits, counted as the type counts them.</param>
    /// <param name="isAlternate">Whether zeros and the point stay (<c>#</c>).</param>
    public static string Float(double value, char type, int precision, bool isAlternate)
    {
        if (precision > FloatText.MaxPrecision)
        {
            throw new TemplateFault($"a precision of {precision}; at most {FloatText.MaxPrecision} is supported");
        }

        if (!double.IsFinite(value))
        {
            string name = FloatText.NonFinite(Math.Abs(value));
            return char.IsUpper(type) ? name.ToUpperInvariant() : name;
        }

        string text = char.ToLowerInvariant(type) switch
        {
            'e' => FloatText.Exponent(value, precision),
            'f' => FloatText.Fixed(value, precision),
            _ => FloatText.General(value, precision, isAlternate),
        };
        if (isAlternate && !text.Contains('.'))
        {
            int e = text.IndexOf('e');
            text = e < 0 ? text + "." : text.Insert(e, ".");
        }

        return char.IsUpper(type) ? text.ToUpperInvariant() : text;
    }

    private static IEnumerable<char> Octal(BigInteger value)
    {
        for (; !value.IsZero; value >>= 3)
        {
            yield return (char)('0' + (int)(value & 7));
        }
    }
}
