using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>Every activation at every length from 0 to 256 and every width, against its formula in double precision.</summary>
public unsafe class GatedActivationTests
{
    private const int MaxLength = 256;

    private readonly Random _random = new(7);

    [Fact]
    public void SwiGlu_AgreesWithTheScalarTwin() => Check<SwiGlu>((g, u) => g * Sigmoid(g) * u);

    [Fact]
    public void ReGlu_AgreesWithTheScalarTwin() => Check<ReGlu>((g, u) => Math.Max(g, 0) * u);

    [Fact]
    public void GeGlu_AgreesWithTheScalarTwin() => Check<GeGlu>((g, u) => g * Erf.OfNormal(g) * u);

    [Fact]
    public void GeGluTanh_AgreesWithTheScalarTwin() =>
        Check<GeGluTanh>((g, u) => g * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (g + (0.044715 * g * g * g)))) / 2 * u);

    [Fact]
    public void ClampedSwiGlu_AgreesWithTheScalarTwin() =>
        Check<ClampedSwiGlu<Limit>>((g, u) =>
        {
            double gate = Math.Min(g, Limit.Value), up = Math.Clamp(u, -Limit.Value, Limit.Value);
            return (up + 1) * gate * Sigmoid(1.702 * gate);
        });

    [Fact]
    public void WithoutAGate_AgreesWithTheScalarTwins()
    {
        CheckUngated<ReGlu>(v => Math.Max(v, 0));
        CheckUngated<SwiGlu>(v => v * Sigmoid(v));
        CheckUngated<GeGlu>(v => v * Erf.OfNormal(v));
    }

    [Fact]
    public void Values_ByHand()
    {
        // silu(ln 3) = ln 3 / (1 + 1/3) = 0.75 ln 3 = 0.8239592; times 2
        Close.Assert(1.6479184, One<SwiGlu>(MathF.Log(3), 2), "SwiGLU");
        Assert.Equal(6, One<ReGlu>(3, 2));
        Assert.Equal(0, One<ReGlu>(-3, 2));

        // x (1 + erf(x / sqrt 2)) / 2 at 1: erf(0.7071068) = 0.6826895, so 0.8413447; times 2
        Close.Assert(1.6826895, One<GeGlu>(1, 2), "GEGLU");

        // sqrt(2 / pi) (1 + 0.044715) = 0.8335614, tanh of it 0.6823840: (1 + 0.6823840) / 2 = 0.8411920; times 2
        Close.Assert(1.6823840, One<GeGluTanh>(1, 2), "GEGLU with tanh");

        // gate 9 -> 1.5, up -9 -> -1.5: (-1.5 + 1) 1.5 sigmoid(2.553) = -0.75 * 0.9277839
        Close.Assert(-0.6958379, One<ClampedSwiGlu<Limit>>(9, -9), "clamped SwiGLU");
    }

    [Fact]
    public void OfTwoZeros_IsZero()
    {
        Assert.Equal(0, One<SwiGlu>(0, 0));
        Assert.Equal(0, One<ReGlu>(0, 0));
        Assert.Equal(0, One<GeGlu>(0, 0));
        Assert.Equal(0, One<GeGluTanh>(0, 0));
        Assert.Equal(0, One<ClampedSwiGlu<Limit>>(0, 0));
    }

    [Theory]
    [InlineData(-1e30f)]
    [InlineData(-1e4f)]
    [InlineData(-100f)]
    [InlineData(100f)]
    [InlineData(1e30f)]
    public void LargeGates_StayFinite(float gate)
    {
        float expected = gate > 0 ? gate : 0;
        Close.Assert(expected, One<SwiGlu>(gate, 1), "SwiGLU");
        Close.Assert(expected, One<ReGlu>(gate, 1), "ReGLU");
        Close.Assert(expected, One<GeGlu>(gate, 1), "GEGLU");
        Close.Assert(expected, One<GeGluTanh>(gate, 1), "GEGLU with tanh");
    }

    [Fact]
    public void GeGlu_IsNearTheTrueFunctionAlsoInItsTail()
    {
        // what is promised where gelu is above 1e-5; there exp(-z²) is what loses most
        for (float x = -4.5f; x < 8; x += 1f / 256)
        {
            double expected = x * Erf.OfNormal(x);
            Assert.True(Math.Abs(One<GeGlu>(x, 1) - expected) <= 2e-6 * Math.Abs(expected), $"gelu({x}): {One<GeGlu>(x, 1)}, not {expected}");
        }
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static float One<TActivation>(float gate, float up)
        where TActivation : struct, IGatedActivation
    {
        using NativeFloats g = new([.. Enumerable.Repeat(gate, 16)]), u = new([.. Enumerable.Repeat(up, 16)]);
        GatedActivation.Run<Simd512, Vector512<float>, TActivation>(g.Pointer, u.Pointer, 16);
        return g.Span[0];
    }

    private void Check<TActivation>(Func<double, double, double> twin)
        where TActivation : struct, IGatedActivation
    {
        for (int length = 0; length <= MaxLength; length++)
        {
            using NativeFloats gate = Padded(length), up = Padded(length);
            double[] expected = [.. gate.Span.ToArray().Zip(up.Span.ToArray(), (g, u) => twin(g, u))];
            CheckWidth(
                expected, gate,
                memory => GatedActivation.Run<Simd128, Vector128<float>, TActivation>(memory.Pointer, up.Pointer, gate.Count), "128");
            CheckWidth(
                expected, gate,
                memory => GatedActivation.Run<Simd256, Vector256<float>, TActivation>(memory.Pointer, up.Pointer, gate.Count), "256");
            CheckWidth(
                expected, gate,
                memory => GatedActivation.Run<Simd512, Vector512<float>, TActivation>(memory.Pointer, up.Pointer, gate.Count), "512");
        }
    }

    private void CheckUngated<TActivation>(Func<double, double> twin)
        where TActivation : struct, IGatedActivation
    {
        for (int length = 0; length <= MaxLength; length++)
        {
            using NativeFloats x = Padded(length);
            double[] expected = [.. x.Span.ToArray().Select(v => twin(v))];
            CheckWidth(expected, x, memory => GatedActivation.Run<Simd128, Vector128<float>, TActivation>(memory.Pointer, x.Count), "128");
            CheckWidth(expected, x, memory => GatedActivation.Run<Simd256, Vector256<float>, TActivation>(memory.Pointer, x.Count), "256");
            CheckWidth(expected, x, memory => GatedActivation.Run<Simd512, Vector512<float>, TActivation>(memory.Pointer, x.Count), "512");
        }
    }

    // rows are filled up with zeros to a multiple of 16
    private NativeFloats Padded(int length)
    {
        NativeFloats memory = new((length + 15) / 16 * 16);
        TestRandom.Floats(_random, length).CopyTo(memory.Span);
        return memory;
    }

    // every width works on a copy of its own
    private static void CheckWidth(double[] expected, NativeFloats input, Action<NativeFloats> run, string what)
    {
        using NativeFloats copy = new(input.Span);
        run(copy);
        Close.Assert(expected, copy.Span, $"{what}, length {expected.Length}");
    }

    private readonly struct Limit : ISwiGluLimit
    {
        static float ISwiGluLimit.Limit => 1.5f;

        public static double Value => 1.5;
    }
}
