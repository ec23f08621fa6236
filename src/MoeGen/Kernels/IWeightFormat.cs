using MoeGen.Engine;
using MoeGen.Weights;

namespace MoeGen.Kernels;

/// <summary>How the elements of a matrix are stored; kernels are compiled for each format.</summary>
public unsafe interface IWeightFormat
{
    /// <summary>The format as a value.</summary>
    static abstract WeightFormat Format { get; }

    /// <summary>Computes some rows of a product with a matrix of this format, with the widest vectors of this processor.</summary>
    /// <param name="weight">First byte of the matrix.</param>
    /// <param name="product">The other operands.</param>
    /// <param name="rows">Rows of the matrix.</param>
    internal static abstract void Multiply<TShape>(byte* weight, in Product product, Share rows)
        where TShape : struct, IMatrixShape;
}
