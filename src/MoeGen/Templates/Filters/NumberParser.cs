using System.Globalization;
using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Python's <c>int(text, base)</c> and <c>float(text)</c>.</summary>
internal static class NumberParser
{
    /// <summary>Reads a whole number; null: the text is none.</summary>
    public static BigInteger? ParseWhole(string text, int numberBase)
    {
        if (numberBase != 0 && numberBase is < 2 or > 36)
        {
            return null;
        }

        string digits = PythonSpace.Trim(text);
        bool isNegative = digits.StartsWith('-');
        digits = isNegative || digits.StartsWith('+') ? digits[1..] : digits;
        int prefixBase = digits.Length > 1 && digits[0] == '0' ? (digits[1] | ' ') switch
        {
            'x' => 16,
            'o' => 8,
            'b' => 2,
            _ => 0,
        } : 0;
        bool hasPrefix = prefixBase != 0 && (numberBase == 0 || numberBase == prefixBase);
        if (hasPrefix)
        {
            digits = digits[2..];
            digits = digits.StartsWith('_') ? digits[1..] : digits;
        }

        if (RemoveUnderscores(digits) is not { Length: > 0 } plain || plain.Length > TemplateLimits.MaxDigits
            || (numberBase == 0 && !hasPrefix && plain[0] == '0' && plain.Trim('0').Length > 0))
        {
            return null;
        }

        int effective = hasPrefix ? prefixBase : numberBase == 0 ? 10 : numberBase;
        BigInteger number = 0;
        foreach (char c in plain)
        {
            int digit = char.IsAsciiLetter(c) ? (c | ' ') - 'a' + 10 : CharUnicodeInfo.GetDecimalDigitValue(c);
            if (digit < 0 || digit >= effective)
            {
                return null;
            }

            number = (number * effective) + digit;
        }

        return isNegative ? -number : number;
    }

    /// <summary>Reads a floating-point number; null: the text is none.</summary>
    public static double? ParseFloat(string text)
    {
        string trimmed = PythonSpace.Trim(text);
        string unsigned = trimmed.StartsWith('-') || trimmed.StartsWith('+') ? trimmed[1..] : trimmed;
        double sign = trimmed.StartsWith('-') ? -1 : 1;
        switch (unsigned.ToLowerInvariant())
        {
            case "inf" or "infinity":
                return sign * double.PositiveInfinity;
            case "nan":
                return double.NaN;
        }

        const NumberStyles Styles = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return RemoveUnderscores(unsigned) is { Length: > 0 } plain && (char.IsAsciiDigit(plain[0]) || plain[0] == '.')
            && double.TryParse(plain, Styles, CultureInfo.InvariantCulture, out double value) ? sign * value : null;
    }

    // an underscore stands between two digits
    private static string? RemoveUnderscores(string text)
    {
        for (int i = text.IndexOf('_'); i >= 0; i = text.IndexOf('_', i + 1))
        {
            if (i == 0 || i == text.Length - 1 || !char.IsLetterOrDigit(text[i - 1]) || !char.IsLetterOrDigit(text[i + 1]))
            {
                return null;
            }
        }

        return text.Replace("_", "", StringComparison.Ordinal);
    }
}
