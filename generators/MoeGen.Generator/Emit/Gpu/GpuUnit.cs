using System;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Gpu;

/// <summary>
/// What a thread takes of a matrix at once: some columns of 8 rows, by loads of 16 bytes. The columns, the loads and the device function
/// that multiplies are those of the format.
/// </summary>
/// <param name="Name">What the columns are called: the name of the loop's variable.</param>
/// <param name="Columns">Columns of a unit.</param>
/// <param name="MostTogether">Units whose loads stand together at most: what the registers of a thread hold.</param>
/// <param name="Bases">Declares the words that the loads count from.</param>
/// <param name="Weights">Loads words of a unit.</param>
/// <param name="Activations">Loads pairs of activations of a unit.</param>
/// <param name="Add">Multiplies and adds.</param>
/// <remarks>In the texts {0} is the unit's variable and {1} the suffix of its other names.</remarks>
internal sealed record GpuUnit(
    string Name, int Columns, int MostTogether, string Bases, string Weights, string Activations, string Add)
{
    /// <summary>Bytes of a load.</summary>
    public const int WordBytes = 16;

    /// <summary>The unit of a matrix.</summary>
    public static GpuUnit Of(GpuMatrix matrix) => matrix.Format switch
    {
        WeightFormat.F32 => new(
            "pair", 2, 4,
            "long words = panel + (2 * half);",
            """
            Words evenLow{1} = weights[words + (8 * {0})], evenHigh{1} = weights[words + (8 * {0}) + 1];
            Words oddLow{1} = weights[words + (8 * {0}) + 4], oddHigh{1} = weights[words + (8 * {0}) + 5];
            """,
            "Pair x{1} = x[row + {0}];",
            "sums = F32Words.Add(sums, evenLow{1}, evenHigh{1}, oddLow{1}, oddHigh{1}, x{1});"),
        WeightFormat.F16 or WeightFormat.BF16 => new(
            "pair", 2, 8,
            "long words = panel + (2 * half);",
            "Words low{1} = weights[words + (4 * {0})], high{1} = weights[words + (4 * {0}) + 1];",
            "Pair x{1} = x[row + {0}];",
            $"sums = {matrix.Format.TypeName()}Words.Add(sums, low{{1}}, high{{1}}, x{{1}});"),
        WeightFormat.Q8 => new(
            "pair", 2, 4,
            $"long scales = panel + half, codes = scales + {matrix.ScaleWords}; // 16 pairs share scales",
            "Words scales{1} = weights[scales + (2 * ({0} >> 4))], codes{1} = weights[codes + (2 * {0})];",
            "Pair x{1} = x[row + {0}];",
            "sums = Q8Words.Add(sums, scales{1}, codes{1}, x{1});"),
        WeightFormat.Q4 => new(
            "group", 8, 4,
            $"long scales = panel + half, codes = panel + {matrix.ScaleWords} + (2 * half); // 4 groups of 8 columns share scales",
            """
            Words scales{1} = weights[scales + (2 * ({0} >> 2))];
            Words low{1} = weights[codes + (4 * {0})], high{1} = weights[codes + (4 * {0}) + 1];
            """,
            """
            long at{1} = row + (4 * {0});
            Pair a{1} = x[at{1}], b{1} = x[at{1} + 1], c{1} = x[at{1} + 2], d{1} = x[at{1} + 3];
            """,
            "sums = Q4Words.Add(sums, scales{1}, low{1}, high{1}, a{1}, b{1}, c{1}, d{1});"),
        _ => throw new ArgumentOutOfRangeException(nameof(matrix), matrix.Format, "No GPU kernels read this format."),
    };
}
