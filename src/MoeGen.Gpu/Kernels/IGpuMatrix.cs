using ILGPU;
using MoeGen.Weights;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// Shape and format of a matrix as constants, and its product with a row of activations as straight-line code. The generator emits a struct
/// for each matrix of a model; kernels are generic over them.
/// </summary>
/// <remarks>
/// The matrix lies in memory as on the CPU, in panels of 16 rows (<c>MatrixLayout</c> and <c>QuantizedLayout</c> of the library). A thread
/// has one half of a panel's rows, and of their columns every lanes-th unit from its lane on: neighbouring threads load neighbouring words.
/// A unit is what one load per 8 rows covers: 2 columns, in Q4 8 of them.
/// </remarks>
public interface IGpuMatrix
{
    /// <summary>Outputs.</summary>
    static abstract int Rows { get; }

    /// <summary>Inputs.</summary>
    static abstract int Columns { get; }

    /// <summary>Words of 16 bytes of a panel; a matrix has ceil(<see cref="Rows"/> / 16) panels, one behind the other.</summary>
    static abstract int PanelWords { get; }

    /// <summary>How the elements are held; of the kernels, those ask that read the matrix from its other side.</summary>
    static abstract WeightFormat Format { get; }

    /// <summary>Computes this lane's share of the products of 8 rows with one row of activations, in float32.</summary>
    /// <param name="weights">Memory that holds the matrix.</param>
    /// <param name="panel">Index of the panel's first word.</param>
    /// <param name="x">Rows of activations, each filled up with zeros to a multiple of 32 columns.</param>
    /// <param name="row">Index of the row's first pair.</param>
    /// <param name="half">0: rows 0 to 7 of the panel, 1: rows 8 to 15.</param>
    /// <param name="lane">0-based lane.</param>
    /// <param name="lanes">Lanes that share the columns: a power of two up to 64.</param>
    /// <returns>Sums of the lane; those of all lanes add up to the products.</returns>
    /// <remarks>Every lane adds in the order of the columns, so equal <paramref name="lanes"/> give equal bits.</remarks>
    static abstract Sums Dot(ArrayView<Words> weights, long panel, ArrayView<Pair> x, long row, int half, int lane, int lanes);
}
