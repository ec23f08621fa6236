using MoeGen.Weights;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>What a kernel multiplies and adds with; each has a peak of its own.</summary>
internal enum Arithmetic
{
    /// <summary>float32, multiplied and added in one instruction.</summary>
    Floats,

    /// <summary>Pairs of 16-bit integers, as products with Q8 weights take them.</summary>
    Pairs,

    /// <summary>Fours of 8-bit integers, as products with Q4 weights take them.</summary>
    Fours,
}

/// <summary>Facts about <see cref="Arithmetic"/>.</summary>
internal static class Arithmetics
{
    /// <summary>What products with weights of a format take.</summary>
    public static Arithmetic Of(WeightFormat format) => format switch
    {
        WeightFormat.Q8 => Arithmetic.Pairs,
        WeightFormat.Q4 => Arithmetic.Fours,
        _ => Arithmetic.Floats,
    };
}
