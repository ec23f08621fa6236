using System.Globalization;

namespace MoeGen;

/// <summary>A number of bytes that reads and prints in the units of memory: <c>3 GiB</c>.</summary>
/// <param name="Bytes">The number of bytes.</param>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    private const long BytesPerKiB = 1L << 10;
    private const long BytesPerMiB = 1L << 20;
    private const long BytesPerGiB = 1L << 30;

    /// <summary>A number of kibibytes (1024 bytes).</summary>
    /// <param name="count">How many; fractions are rounded down to bytes.</param>
    public static ByteSize KiB(double count) => new((long)(count * BytesPerKiB));

    /// <summary>A number of mebibytes (1024² bytes).</summary>
    /// <param name="count">How many; fractions are rounded down to bytes.</param>
    public static ByteSize MiB(double count) => new((long)(count * BytesPerMiB));

    /// <summary>A number of gibibytes (1024³ bytes).</summary>
    /// <param name="count">How many; fractions are rounded down to bytes.</param>
    public static ByteSize GiB(double count) => new((long)(count * BytesPerGiB));

    /// <summary>Reads <c>3GiB</c>, <c>512 MiB</c>, <c>1.5GB</c> (powers of 1000) or a plain number of bytes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="size">The size, when the text is one.</param>
    /// <returns>Whether the text is a size of at least 0 bytes.</returns>
    public static bool TryParse(string text, out ByteSize size)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim();
        int digits = trimmed.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        double unit = trimmed[digits..].Trim().ToUpperInvariant() switch
        {
            "" or "B" => 1,
            "KIB" or "K" => BytesPerKiB,
            "MIB" or "M" => BytesPerMiB,
            "GIB" or "G" => BytesPerGiB,
            "KB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            _ => double.NaN,
        };
        bool isNumber = double.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count);
        bool isSize = isNumber && count * unit < long.MaxValue;
        size = new ByteSize(isSize ? (long)(count * unit) : 0);
        return isSize;
    }

    /// <inheritdoc/>
    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>The size in the largest unit that leaves a number of at least 1, with three digits: <c>9.44 MiB</c>.</summary>
    public override string ToString() => Bytes switch
    {
        >= BytesPerGiB => Format(Bytes / (double)BytesPerGiB, "GiB"),
        >= BytesPerMiB => Format(Bytes / (double)BytesPerMiB, "MiB"),
        >= BytesPerKiB => Format(Bytes / (double)BytesPerKiB, "KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Bytes} B"),
    };

    private static string Format(double count, string unit)
    {
        string number = count.ToString(count >= 100 ? "F0" : count >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);
        return $"{number} {unit}";
    }
}
