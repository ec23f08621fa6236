using System.Reflection;
using MoeGen.Generator.Spec;
using MoeGen.Generator.Tests.Testing;

namespace MoeGen.Generator.Tests.Spec;

public class SpecFingerprintTests
{
    private static readonly ModelSpec s_spec = ModelSpecReader.Read(Configs.Qwen3Moe).Spec!;

    [Fact]
    public void EqualSpecs_HaveEqualFingerprints() =>
        Assert.Equal(SpecFingerprint.Of(s_spec), SpecFingerprint.Of(ModelSpecReader.Read(Configs.Qwen3Moe.Replace("\n", " ")).Spec!));

    [Fact]
    public void Fingerprint_DoesNotDependOnTheCulture()
    {
        string expected = SpecFingerprint.Of(s_spec);
        System.Globalization.CultureInfo culture = (System.Globalization.CultureInfo)System.Globalization.CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "~";
        System.Globalization.CultureInfo before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = culture;
            Assert.Equal(expected, SpecFingerprint.Of(s_spec));
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }

    public static TheoryData<string> Members =>
        [.. typeof(ModelSpec).GetProperties().Where(property => property.CanWrite).Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Members))]
    public void EveryMember_Counts(string name)
    {
        PropertyInfo property = typeof(ModelSpec).GetProperty(name)!;
        ModelSpec changed = s_spec with { };
        property.SetValue(changed, Other(property.GetValue(s_spec) ?? property.PropertyType));
        Assert.NotEqual(s_spec, changed);
        Assert.NotEqual(SpecFingerprint.Of(s_spec), SpecFingerprint.Of(changed));
    }

    [Fact]
    public void LaterMembers_CountOnceTheyAreSet()
    {
        string expected = SpecFingerprint.Of(new Before.Facts(1));
        Assert.Equal(expected, SpecFingerprint.Of(new After.Facts(1)));
        string[] changed =
        [
            SpecFingerprint.Of(new After.Facts(1) { Number = 0.5 }), SpecFingerprint.Of(new After.Facts(1) { Flag = true }),
            SpecFingerprint.Of(new After.Facts(1) { Text = "x" }), SpecFingerprint.Of(new After.Facts(1) { Count = 1 }),
        ];
        Assert.Equal(4, changed.Distinct().Count());
        Assert.DoesNotContain(expected, changed);
    }

    private static class Before
    {
        public sealed record Facts(int Size);
    }

    private static class After
    {
        public sealed record Facts(int Size)
        {
            [LaterMember]
            public double? Number { get; init; }

            [LaterMember]
            public bool Flag { get; init; }

            [LaterMember]
            public string Text { get; init; } = "";

            [LaterMember]
            public int Count { get; init; }
        }
    }

    private static object Other(object value) => value switch
    {
        int number => number + 1,
        double number => number * 2,
        bool flag => !flag,
        string text => text + "x",
        WeightFormat format => format == WeightFormat.F32 ? WeightFormat.F16 : WeightFormat.F32,
        RopeSpec rope => new LinearRopeSpec(rope.Theta, 2),
        Type type when type == typeof(WeightFormat?) => WeightFormat.BF16,
        Type type when type == typeof(Fp8BlockSpec) => new Fp8BlockSpec(128, 128),
        Type type when type == typeof(EncoderSpec) => new EncoderSpec(s_spec.Kinds, s_spec.LayerKinds, s_spec.Tensors, 0),
        NormSpec norm => norm with { Epsilon = 2 * norm.Epsilon },
        MultiplierSpec multipliers => multipliers with { Residual = 2 },
        TensorNames names => names with { Router = "other" },
        EquatableArray<LayerKindSpec> kinds => new EquatableArray<LayerKindSpec>(kinds.Select(kind => kind with { Name = "Other" })),
        EquatableArray<int> numbers => new EquatableArray<int>(numbers.Append(0)),
        _ => throw new InvalidOperationException($"no other value for {value}"),
    };
}
