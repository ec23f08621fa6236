using System.Globalization;

namespace MoeGen.Tokenizers;

/// <summary>Reads the numbers of a Unigram vocabulary as the Rust library does, which does not round correctly.</summary>
/// <remarks>
/// serde_json takes the digits for an integer of 64 bits, drops those that do not fit, and divides by a power of ten: what it gets can be
/// one unit in the last place away from the number that stands there. Where two ways to cut a run of equal characters have the same sum
/// of scores, that unit decides. Source: serde_json, de.rs, f64_from_parts, without its feature float_roundtrip.
/// </remarks>
internal static class ScoreParser
{
    private const int MaxPower = 308;

    private static readonly double[] s_powers =
        [.. Enumerable.Range(0, MaxPower + 1).Select(n => double.Parse($"1e{n}", CultureInfo.InvariantCulture))];

    /// <summary>Reads a number.</summary>
    /// <param name="json">A well-formed JSON number.</param>
    /// <param name="score">The number; 0 when it is out of range.</param>
    /// <returns>Whether it is in range.</returns>
    public static bool TryParse(ReadOnlySpan<char> json, out double score)
    {
        int at = json[0] == '-' ? 1 : 0;
        ulong digits = 0;
        bool isFull = false; // no further digit fits
        bool isFraction = false;
        long exponent = 0;
        for (; at < json.Length && json[at] is not ('e' or 'E'); at++)
        {
            if (json[at] == '.')
            {
                isFraction = true;
                continue;
            }

            uint digit = (uint)(json[at] - '0');
            isFull |= digits > ulong.MaxValue / 10 || (digits == ulong.MaxValue / 10 && digit > ulong.MaxValue % 10);
            if (!isFull)
            {
                digits = (digits * 10) + digit;
                exponent -= isFraction ? 1 : 0;
            }
            else
            {
                exponent += isFraction ? 0 : 1;
            }
        }

        if (at < json.Length)
        {
            // an exponent beyond 32 bits is as good as the largest one
            exponent += long.TryParse(json[(at + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long given)
                ? Math.Clamp(given, int.MinValue, int.MaxValue)
                : json[at + 1] == '-' ? int.MinValue : int.MaxValue;
        }

        score = Scale(digits, exponent) * (json[0] == '-' ? -1 : 1);
        return double.IsFinite(score);
    }

    private static double Scale(ulong digits, long exponent)
    {
        double value = digits;
        for (; exponent < -MaxPower && value != 0; exponent += MaxPower)
        {
            value /= s_powers[MaxPower];
        }

        return value == 0 ? 0
            : exponent > MaxPower ? double.PositiveInfinity
            : exponent >= 0 ? value * s_powers[exponent]
            : value / s_powers[-exponent];
    }
}
