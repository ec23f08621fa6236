using System.Runtime.Intrinsics;
using MoeGen.Kernels;

namespace MoeGen.Tests.Kernels;

/// <summary>
/// Kernels over one row, at every length from 0 to 256 and every width of vectors, against scalar twins in double precision.
/// </summary>
public unsafe class VectorKernelTests
{
    private const int MaxLength = 256;

    private readonly Random _random = new(2);

    [Fact]
    public void RmsNorm_ByHand()
    {
        // mean(1, 4, 4) = 3; with epsilon 1 the scale is 1 / sqrt(4) = 0.5
        using NativeFloats x = new([1f, 2f, 2f]), weight = new([1f, 10f, 100f]), y = new(3);
        RmsNorm.Run<Simd128, Vector128<float>>(x.Pointer, weight.Pointer, 1, y.Pointer, 3);
        Assert.Equal([0.5f, 10f, 100f], y.Span.ToArray());
    }

    [Fact]
    public void RmsNorm_AgreesWithTheScalarTwin() => ForEveryLength(length =>
    {
        using NativeFloats x = Floats(length), weight = Floats(length);
        const float Epsilon = 1e-5f;
        double scale = length == 0 ? 0 : 1 / Math.Sqrt(x.Span.ToArray().Average(v => (double)v * v) + Epsilon);
        double[] expected = [.. x.Span.ToArray().Zip(weight.Span.ToArray(), (v, w) => v * scale * w)];
        Check(
            expected, x, memory => RmsNorm.Run<Simd128, Vector128<float>>(memory.Pointer, weight.Pointer, Epsilon, memory.Pointer, length),
            "128");
        Check(
            expected, x, memory => RmsNorm.Run<Simd256, Vector256<float>>(memory.Pointer, weight.Pointer, Epsilon, memory.Pointer, length),
            "256");
        Check(
            expected, x, memory => RmsNorm.Run<Simd512, Vector512<float>>(memory.Pointer, weight.Pointer, Epsilon, memory.Pointer, length),
            "512");
    });

    [Fact]
    public void RmsNormWithoutWeights_AgreesWithTheScalarTwin() => ForEveryLength(length =>
    {
        using NativeFloats x = Floats(length);
        const float Epsilon = 1e-5f;
        double scale = length == 0 ? 0 : 1 / Math.Sqrt(x.Span.ToArray().Average(v => (double)v * v) + Epsilon);
        double[] expected = [.. x.Span.ToArray().Select(v => v * scale)];
        Check(expected, x, memory => RmsNorm.Run<Simd128, Vector128<float>>(memory.Pointer, Epsilon, length), "128");
        Check(expected, x, memory => RmsNorm.Run<Simd256, Vector256<float>>(memory.Pointer, Epsilon, length), "256");
        Check(expected, x, memory => RmsNorm.Run<Simd512, Vector512<float>>(memory.Pointer, Epsilon, length), "512");
    });

    [Fact]
    public void LayerNorm_ByHand()
    {
        // mean 3, distances (-2, 0, 2), variance 8/3; with epsilon 4/3 the scale is 1/2: normed (-1, 0, 1)
        using NativeFloats x = new([1f, 3f, 5f]), weight = new([1f, 10f, 100f]), bias = new([0.5f, 0.5f, 0.5f]), y = new(3);
        LayerNorm.Run<Simd128, Vector128<float>>(x.Pointer, weight.Pointer, bias.Pointer, 4f / 3, y.Pointer, 3);
        Close.Assert([-0.5, 0.5, 100.5], y.Span, "layer norm");
    }

    [Fact]
    public void LayerNorm_AgreesWithTheScalarTwin() => ForEveryLength(length =>
    {
        using NativeFloats x = Floats(length), weight = Floats(length), bias = Floats(length);
        const float Epsilon = 1e-2f; // two elements can be nearly equal
        double mean = length == 0 ? 0 : x.Span.ToArray().Average(v => (double)v);
        double variance = length == 0 ? 0 : x.Span.ToArray().Average(v => (v - mean) * (v - mean)), scale = 1 / Math.Sqrt(variance + Epsilon);
        double[] expected =
            [.. Enumerable.Range(0, length).Select(i => ((x.Span[i] - mean) * scale * weight.Span[i]) + bias.Span[i])];
        Check(
            expected, x, memory => LayerNorm.Run<Simd128, Vector128<float>>(
                memory.Pointer, weight.Pointer, bias.Pointer, Epsilon, memory.Pointer, length), "128");
        Check(
            expected, x, memory => LayerNorm.Run<Simd256, Vector256<float>>(
                memory.Pointer, weight.Pointer, bias.Pointer, Epsilon, memory.Pointer, length), "256");
        Check(
            expected, x, memory => LayerNorm.Run<Simd512, Vector512<float>>(
                memory.Pointer, weight.Pointer, bias.Pointer, Epsilon, memory.Pointer, length), "512");
    });

    [Fact]
    public void Clamp_AgreesWithTheScalarTwin() => ForEveryLength(length =>
    {
        using NativeFloats x = Floats(length);
        double[] expected = [.. x.Span.ToArray().Select(v => Math.Clamp((double)v, -0.75, 0.75))];
        Check(expected, x, memory => Elementwise.Clamp<Simd128, Vector128<float>>(memory.Pointer, 0.75f, length), "128");
        Check(expected, x, memory => Elementwise.Clamp<Simd256, Vector256<float>>(memory.Pointer, 0.75f, length), "256");
        Check(expected, x, memory => Elementwise.Clamp<Simd512, Vector512<float>>(memory.Pointer, 0.75f, length), "512");
    });

    [Fact]
    public void VectorMath_AgreesWithTheScalarTwin() => ForEveryLength(length =>
    {
        using NativeFloats a = Floats(length), b = Floats(length);
        const float Factor = 0.75f;
        double dot = a.Span.ToArray().Zip(b.Span.ToArray(), (x, y) => (double)x * y).Sum();
        Close.Assert(dot, VectorMath.Dot<Simd128, Vector128<float>>(a.Pointer, b.Pointer, length), $"dot 128, length {length}");
        Close.Assert(dot, VectorMath.Dot<Simd256, Vector256<float>>(a.Pointer, b.Pointer, length), $"dot 256, length {length}");
        Close.Assert(dot, VectorMath.Dot<Simd512, Vector512<float>>(a.Pointer, b.Pointer, length), $"dot 512, length {length}");

        double[] scaled = [.. a.Span.ToArray().Select(x => (double)x * Factor)];
        Check(scaled, a, memory => VectorMath.Scale<Simd128, Vector128<float>>(memory.Pointer, Factor, length), "scale 128");
        Check(scaled, a, memory => VectorMath.Scale<Simd256, Vector256<float>>(memory.Pointer, Factor, length), "scale 256");
        Check(scaled, a, memory => VectorMath.Scale<Simd512, Vector512<float>>(memory.Pointer, Factor, length), "scale 512");
        Check(scaled, a, memory => VectorMath.Scale(memory.Pointer, Factor, length), "scale");

        double[] sum = [.. a.Span.ToArray().Zip(b.Span.ToArray(), (x, y) => x + ((double)y * Factor))];
        Check(sum, a, memory => VectorMath.AddScaled<Simd128, Vector128<float>>(memory.Pointer, b.Pointer, Factor, length), "add 128");
        Check(sum, a, memory => VectorMath.AddScaled<Simd256, Vector256<float>>(memory.Pointer, b.Pointer, Factor, length), "add 256");
        Check(sum, a, memory => VectorMath.AddScaled<Simd512, Vector512<float>>(memory.Pointer, b.Pointer, Factor, length), "add 512");
        Check(sum, a, memory => VectorMath.AddScaled(memory.Pointer, b.Pointer, Factor, length), "add");
    });

    [Fact]
    public void HorizontalSums_OfOneAndOfFour_AreTheSameBits()
    {
        for (int i = 0; i < 100; i++)
        {
            Vector512<float>[] v = [.. Enumerable.Range(0, 4).Select(_ => Vector512.Create(TestRandom.Floats(_random, 16)))];
            Vector128<float> four = HorizontalSum.Of<Simd512, Vector512<float>>(v[0], v[1], v[2], v[3]);
            Assert.Equal(v.Select(HorizontalSum.Of<Simd512, Vector512<float>>), Enumerable.Range(0, 4).Select(k => four[k]));
        }
    }

    private static void ForEveryLength(Action<int> check)
    {
        for (int length = 0; length <= MaxLength; length++)
        {
            check(length);
        }
    }

    private NativeFloats Floats(int count) => new(TestRandom.Floats(_random, count));

    // every width works on a copy of its own
    private static void Check(double[] expected, NativeFloats input, Action<NativeFloats> run, string what)
    {
        using NativeFloats copy = new(input.Span);
        run(copy);
        Close.Assert(expected, copy.Span, $"{what}, length {expected.Length}");
    }
}
