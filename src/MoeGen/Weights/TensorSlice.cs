namespace MoeGen.Weights;

/// <summary>Where a declared tensor lies inside a larger one of the file: row r is row <c>FirstRow + r * RowStep</c> of it.</summary>
/// <param name="Tensor">Name of the larger tensor, perhaps with placeholders.</param>
/// <param name="Count">Matrices that it stacks, one for each expert; null: it is one matrix.</param>
/// <param name="Rows">Rows of each of them, or elements of each vector.</param>
/// <param name="FirstRow">0-based row where the declared tensor begins.</param>
/// <param name="RowStep">Distance of its rows; 2 where two tensors alternate.</param>
/// <param name="IsTransposed">The file has columns as rows; says nothing about vectors.</param>
internal sealed record TensorSlice(string Tensor, int? Count, int Rows, int FirstRow, int RowStep, bool IsTransposed);
