namespace MoeGen.Weights;

/// <summary>
/// A tensor of a checkpoint, checked against its declaration: one matrix, or a stack of equal ones, that can be read row by row.
/// Safe to use from several threads.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="entry">The tensor in it; faults name it.</param>
/// <param name="rows">Rows of each matrix, as the file has them; 1 where the tensor is a vector or a stack of vectors.</param>
/// <param name="columns">Columns of each matrix.</param>
internal abstract class TensorSource(SafetensorsFile file, TensorEntry entry, int rows, int columns)
{
    public SafetensorsFile File => file;

    public TensorEntry Entry => entry;

    public int Rows => rows;

    public int Columns => columns;

    /// <summary>Every tensor of the checkpoint that the values come from, scales included.</summary>
    public virtual IReadOnlyList<SourcePart> Parts => [new(file, entry)];

    /// <summary>Bytes of a row in the file.</summary>
    public abstract long BytesPerRow { get; }

    /// <summary>The format in which rows may be copied as they are; null: they must be decoded.</summary>
    public virtual WeightFormat? Format => null;

    /// <summary>Whether rows are outputs, whatever the declaration says about the plain layout.</summary>
    public virtual bool IsNeverTransposed => false;

    /// <summary>A line about values that are legal but odd, or null; complete when everything has been read.</summary>
    public virtual string? Notice => null;

    /// <summary>Finds the tensor of a declaration and checks everything but its values.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="declaration">The declaration.</param>
    /// <param name="name">Name of the file's tensor, expanded.</param>
    /// <param name="fp8Block">Blocks of FP8 tensors that share a scale; null: the model has none.</param>
    /// <exception cref="CheckpointException">It is missing, or of another shape or type.</exception>
    public static TensorSource Find(Checkpoint checkpoint, TensorDeclaration declaration, string name, Fp8Block? fp8Block)
    {
        bool isPacked = !declaration.IsVector && Mxfp4Source.IsLayoutOf(checkpoint, name);
        if (isPacked && !checkpoint.Contains(name))
        {
            return Mxfp4Source.Find(checkpoint, declaration, name);
        }

        TensorEntry entry = checkpoint.Locate(name, out SafetensorsFile file);
        if (isPacked)
        {
            throw new CheckpointException(file.Path, $"tensor {name} is there as it is and as MXFP4 blocks; expected one of both");
        }

        CheckShape(file, entry, declaration.FileShape);
        if (entry.Type == TensorType.F8E4M3)
        {
            return Fp8Source.Find(checkpoint, file, entry, declaration, fp8Block);
        }

        int rows = declaration.IsVector ? 1 : declaration.FileShape[^2];
        int columns = declaration.FileShape[^1];
        CheckType(file, entry, entry.Type.ToWeightFormat() is not null, "F32, F16 or BF16, or F8_E4M3 with scales");
        return new PlainSource(file, entry, rows, columns, entry.Type.ToWeightFormat()!.Value);
    }

    /// <summary>First byte of a row, from the start of the file.</summary>
    public long OffsetOf(int matrix, int row) => entry.Offset + ((((long)matrix * rows) + row) * BytesPerRow);

    /// <summary>Looks at rows as the file has them, before they are copied or decoded.</summary>
    /// <exception cref="NonFiniteValueException">They hold an infinity or NaN.</exception>
    public abstract void Check(in SourceRows piece);

    /// <summary>Decodes rows to float32.</summary>
    /// <param name="piece">Rows that have passed <see cref="Check"/>.</param>
    /// <param name="values">[rows, columns].</param>
    /// <exception cref="NonFiniteValueException">A value is too large for float32.</exception>
    public abstract void Decode(in SourceRows piece, Span<float> values);

    /// <summary>The error for a value that is not finite.</summary>
    /// <param name="index">Its place in the tensor, counted in values.</param>
    /// <param name="value">The infinity or NaN.</param>
    public virtual NonFiniteValueException NonFinite(long index, float value) =>
        NonFiniteValueException.InTensor(file.Path, entry.Name, index, value);

    protected static void CheckType(SafetensorsFile file, TensorEntry entry, bool isRight, string expected)
    {
        if (!isRight)
        {
            throw new CheckpointException(file.Path, $"tensor {entry.Name} is of type {entry.Type.Name()}; expected {expected}");
        }
    }

    protected static void CheckShape(SafetensorsFile file, TensorEntry entry, IReadOnlyList<int> expected)
    {
        if (!entry.Shape.SequenceEqual(expected.Select(dimension => (long)dimension)))
        {
            throw new ShapeMismatchException(file.Path, entry.Name, entry.Shape, expected);
        }
    }
}

/// <summary>A tensor of a file.</summary>
/// <param name="File">The file.</param>
/// <param name="Entry">The tensor in it.</param>
internal readonly record struct SourcePart(SafetensorsFile File, TensorEntry Entry);

/// <summary>Some rows of a matrix, as they were read.</summary>
/// <param name="source">Where they are from.</param>
/// <param name="matrix">0-based matrix of the stack.</param>
/// <param name="firstRow">0-based row of the matrix.</param>
/// <param name="bytes">The rows.</param>
internal readonly ref struct SourceRows(TensorSource source, int matrix, int firstRow, ReadOnlySpan<byte> bytes)
{
    public int Matrix { get; } = matrix;

    public int FirstRow { get; } = firstRow;

    public int Count { get; } = (int)(bytes.Length / source.BytesPerRow);

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>Place of a value in the tensor.</summary>
    /// <param name="row">0-based row of the piece.</param>
    /// <param name="column">0-based column.</param>
    public long IndexOf(int row, int column) => ((((long)Matrix * source.Rows) + FirstRow + row) * source.Columns) + column;
}
