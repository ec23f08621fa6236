using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Reads arguments as the type that a built-in function needs.</summary>
internal static class ArgumentValues
{
    public static string AsText(this Value? value) => value switch
    {
        TextValue text => text.Text,
        UndefinedValue undefined => throw undefined.Fault,
        _ => throw new TemplateFault($"must be str, not {value?.TypeName ?? "absent"}"),
    };

    public static BigInteger AsWhole(this Value? value) => value switch
    {
        NumberValue { Whole: { } whole } => whole,
        UndefinedValue undefined => throw undefined.Fault,
        _ => throw new TemplateFault($"'{value?.TypeName ?? "nothing"}' object cannot be interpreted as an integer"),
    };

    /// <summary>A whole number, brought into the range of <see cref="int"/>: sizes beyond it fail elsewhere.</summary>
    public static int AsCount(this Value? value) =>
        (int)BigInteger.Max(int.MinValue + 1, BigInteger.Min(int.MaxValue, value.AsWhole()));

    public static int AsCount(this Value? value, int whenAbsent) => value is null ? whenAbsent : value.AsCount();

    public static bool IsGiven(this Value? value) => value is not null and not NoneValue;

    public static bool AsFlag(this Value? value, bool whenAbsent = false) => value?.IsTrue ?? whenAbsent;
}
