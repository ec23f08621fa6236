using System.Numerics;

namespace MoeGen.Templates;

/// <summary>Attributes of <c>int</c> and <c>float</c> that a template may have a use for.</summary>
internal static class NumberMethods
{
    private static readonly MethodTable s_methods = CreateTable();

    public static Value? Find(NumberValue number, string name) => name switch
    {
        "real" => number,
        "imag" => number.Whole is null ? new FloatValue(0) : IntValue.Of(0),
        "numerator" when number.Whole is not null => number,
        "denominator" when number.Whole is not null => IntValue.Of(1),
        "bit_length" when number.Whole is null => null,
        "is_integer" when number.Whole is not null => null,
        _ => s_methods.Bind(number, name),
    };

    private static MethodTable CreateTable()
    {
        MethodTable methods = new();
        methods.Add("is_integer", "/", (_, a) => BoolValue.Of(double.IsInteger(((NumberValue)a[0]!).Float)));
        methods.Add("bit_length", "/", (_, a) => new IntValue((BigInteger)BigInteger.Abs(a[0].AsWhole()).GetBitLength()));
        methods.Add("conjugate", "/", (_, a) => a[0]!);
        return methods;
    }
}
