using System.Globalization;
using System.Text;

namespace MoeGen.Templates;

/// <summary>Python's <c>datetime.strftime</c> in the C locale.</summary>
internal static class DateFormat
{
    public static string Format(DateTime time, string format)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            // glibc: a minus leaves out the padding, an underscore pads with blanks
            char flag = i + 2 < format.Length && format[i + 1] is '-' or '_' or '0' ? format[++i] : ' ';
            string part = Directive(time, format[++i]) ?? (flag == ' ' ? $"%{format[i]}" : $"%{flag}{format[i]}");
            bool isNumber = part.Length > 1 && (char.IsAsciiDigit(part[0]) || part[0] == ' ');
            text.Append(flag == '-' && isNumber ? part.TrimStart('0', ' ') is { Length: > 0 } kept ? kept : "0"
                : flag == '_' && part.StartsWith('0') ? " " + part[1..]
                : part);
        }

        return text.ToString();
    }

    private static string? Directive(DateTime time, char directive) => directive switch
    {
        'Y' => time.ToString("yyyy", CultureInfo.InvariantCulture),
        'G' => ISOWeek.GetYear(time).ToString(CultureInfo.InvariantCulture),
        'y' => Two(time.Year % 100),
        'C' => Two(time.Year / 100),
        'm' => Two(time.Month),
        'd' => Two(time.Day),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
        'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
        'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
        'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
        'H' => Two(time.Hour),
        'k' => time.Hour.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'I' => Two(Hour12(time)),
        'l' => Hour12(time).ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'M' => Two(time.Minute),
        'S' => Two(time.Second),
        'f' => time.ToString("ffffff", CultureInfo.InvariantCulture),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'u' => (((int)time.DayOfWeek + 6) % 7 + 1).ToString(CultureInfo.InvariantCulture),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'U' => Two((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7),
        'W' => Two((time.DayOfYear + 6 - (((int)time.DayOfWeek + 6) % 7)) / 7),
        'V' => Two(ISOWeek.GetWeekOfYear(time)),
        'D' or 'x' => Format(time, "%m/%d/%y"),
        'F' => Format(time, "%Y-%m-%d"),
        'T' or 'X' => Format(time, "%H:%M:%S"),
        'R' => Format(time, "%H:%M"),
        'r' => Format(time, "%I:%M:%S %p"),
        'c' => Format(time, "%a %b %e %H:%M:%S %Y"),
        'Z' or 'z' => "", // the time has no zone
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => null,
    };

    private static int Hour12(DateTime time) => ((time.Hour + 11) % 12) + 1;

    private static string Two(int number) => number.ToString("00", CultureInfo.InvariantCulture);
}
