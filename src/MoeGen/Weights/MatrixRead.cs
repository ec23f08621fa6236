namespace MoeGen.Weights;

/// <summary>One matrix of a source, read once for all tensors that lie in it.</summary>
internal sealed class MatrixRead(TensorSource source, int matrix)
{
    public TensorSource Source => source;

    public int Matrix => matrix;

    /// <summary>Where its rows go.</summary>
    public List<TensorTarget> Targets { get; } = [];

    /// <summary>First row of the matrix that a target needs.</summary>
    public int FirstRow { get; private set; }

    /// <summary>The row behind the last one.</summary>
    public int EndRow { get; private set; }

    /// <summary>Rows that must be read together, from a multiple of it on.</summary>
    public int RowsTogether { get; private set; } = 1;

    /// <summary>Whether rows go to their places as they are in the file.</summary>
    public bool IsCopy { get; private set; } = source.Format is not null;

    public long Offset => source.OffsetOf(matrix, FirstRow);

    public long Length => source.OffsetOf(matrix, EndRow) - Offset;

    /// <summary>A read of the only matrix of a source for one target.</summary>
    public static MatrixRead Of(TensorSource source, TensorTarget target)
    {
        MatrixRead read = new(source, 0);
        read.Add(target);
        return read;
    }

    public void Add(TensorTarget target)
    {
        FirstRow = Targets.Count == 0 ? target.FirstSourceRow : Math.Min(FirstRow, target.FirstSourceRow);
        EndRow = Math.Max(EndRow, target.EndSourceRow);
        RowsTogether = Math.Max(RowsTogether, target.RowsTogether);
        IsCopy &= target.IsCopyOf(source);
        Targets.Add(target);
    }
}
