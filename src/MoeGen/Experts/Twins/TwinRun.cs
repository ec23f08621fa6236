using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Experts.Twins;

/// <summary>Panels of a matrix, or a vector, that follow each other in an expert and in its twin.</summary>
/// <param name="Offset">First byte inside the expert's blob.</param>
/// <param name="Count">Panels; bytes of a vector.</param>
/// <param name="Columns">Columns of the matrix; 0: a vector, which the twin has as it is.</param>
/// <param name="Format">How the expert holds the matrix.</param>
internal readonly record struct TwinRun(long Offset, int Count, int Columns, WeightFormat Format)
{
    public bool IsVector => Columns == 0;

    /// <summary>Bytes in the twin.</summary>
    public long TwinBytes => IsVector ? Count : (long)Count * QuantizedLayout.PanelBytes<Q4Block>(Columns);
}
