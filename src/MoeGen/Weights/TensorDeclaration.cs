using MoeGen.Kernels;

namespace MoeGen.Weights;

/// <summary>A tensor that a generated model reads: its name in checkpoints, the shape it must have, and how it is held.</summary>
/// <remarks>Names may hold <c>{layer}</c> and <c>{expert}</c>; such a declaration stands for one tensor per layer or expert.</remarks>
public sealed record TensorDeclaration
{
    private const string LayerPlaceholder = "{layer}";
    private const string ExpertPlaceholder = "{expert}";

    private TensorDeclaration(string name, IReadOnlyList<int> shape, WeightFormat format)
    {
        Name = name;
        Shape = shape;
        Format = format;
    }

    /// <summary>Name in the checkpoint, perhaps with placeholders; the program's own for a part of a fused tensor.</summary>
    public string Name { get; }

    /// <summary>Dimensions.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>How the tensor is held in memory.</summary>
    public WeightFormat Format { get; }

    /// <summary>0-based layers that have the tensor; null: it belongs to no layer.</summary>
    public IReadOnlyList<int>? Layers { get; private init; }

    /// <summary>
    /// What to add to a layer of <see cref="Layers"/> to find the experts' one: an encoder's layers come first among those of the pool.
    /// </summary>
    internal int FirstLayer { get; private init; }

    /// <summary>First byte inside the blob of an expert; null: the tensor belongs to no expert.</summary>
    public long? ExpertOffset { get; private init; }

    /// <summary>Where the tensor lies in a larger one; null: the file has it under its own name.</summary>
    internal TensorSlice? Slice { get; private init; }

    internal bool IsVector => Shape.Count == 1;

    /// <summary>Name of the tensor that the file has, perhaps with placeholders.</summary>
    internal string FileTensor => Slice?.Tensor ?? Name;

    /// <summary>Shape that the file's tensor must have, unless its values are packed.</summary>
    internal IReadOnlyList<int> FileShape => Slice is null ? Shape :
    [
        .. Slice.Count is { } count ? [count] : Array.Empty<int>(),
        .. IsVector ? [Slice.Rows] : Slice.IsTransposed ? [Shape[1], Slice.Rows] : new[] { Slice.Rows, Shape[1] },
    ];

    /// <summary>Bytes in memory.</summary>
    public long SizeInBytes => IsVector
        ? (long)RowLayout.PaddedLength(Shape[0]) * Format.BytesPerElement()
        : MatrixLayout.SizeInBytes(Shape[0], Shape[1], Format);

    /// <summary>Declares a matrix.</summary>
    /// <param name="name">Name in the checkpoint.</param>
    public static TensorDeclaration Matrix<TShape, TFormat>(string name)
        where TShape : struct, IMatrixShape
        where TFormat : struct, IWeightFormat =>
        new(name, [TShape.Rows, TShape.Columns], TFormat.Format);

    /// <summary>Declares a vector, held in float32.</summary>
    /// <param name="name">Name in the checkpoint.</param>
    /// <param name="length">Elements.</param>
    public static TensorDeclaration Vector(string name, int length) => new(name, [length], WeightFormat.F32);

    /// <summary>Declares a matrix whose shape is not known when code is compiled.</summary>
    /// <param name="name">Name in the checkpoint.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="format">How it is held in memory.</param>
    internal static TensorDeclaration Matrix(string name, int rows, int columns, WeightFormat format) => new(name, [rows, columns], format);

    /// <summary>The tensor exists once in each of some layers.</summary>
    /// <param name="layers">0-based layers.</param>
    public TensorDeclaration In(IReadOnlyList<int> layers) => this with { Layers = layers };

    /// <summary>The tensor exists once in each expert of some layers.</summary>
    /// <param name="layers">0-based sparse layers.</param>
    /// <param name="offset">First byte inside the blob of an expert.</param>
    /// <param name="firstLayer">Layers that the model has before layer 0 of this stack: those of an encoder.</param>
    public TensorDeclaration InExperts(IReadOnlyList<int> layers, long offset, int firstLayer = 0) =>
        this with { Layers = layers, ExpertOffset = offset, FirstLayer = firstLayer };

    /// <summary>
    /// The file has the tensors of all experts of a layer as one: <see cref="Name"/> is a stack of matrices
    /// [<paramref name="count"/>, <paramref name="rows"/>, columns], or of vectors [<paramref name="count"/>, <paramref name="rows"/>],
    /// and row (or element) r of expert e is row <c>firstRow + r * rowStep</c> of matrix e.
    /// </summary>
    /// <param name="count">Matrices of the stack: experts of a layer.</param>
    /// <param name="rows">Rows of each, those of other tensors included, e.g. 2 x intermediate where gate and up are one.</param>
    /// <param name="firstRow">0-based row where this tensor begins.</param>
    /// <param name="rowStep">Distance of its rows: 1 where they follow each other, 2 where gate and up alternate.</param>
    /// <param name="isTransposed">The stack is [<paramref name="count"/>, columns, <paramref name="rows"/>]; no difference for vectors,
    /// nor for MXFP4, which is never transposed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows of the tensor are not inside the stack.</exception>
    /// <remarks>For tensors in experts only. Sources: GraniteMoeParallelExperts, GptOssExperts and Llama4TextExperts of Hugging Face
    /// transformers.</remarks>
    public TensorDeclaration FromStack(int count, int rows, int firstRow = 0, int rowStep = 1, bool isTransposed = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return From(new TensorSlice(Name, count, rows, firstRow, rowStep, isTransposed));
    }

    /// <summary>
    /// The tensor is a part of a larger one, e.g. gate_proj of a fused gate_up_proj: a matrix [<paramref name="rows"/>, columns], or a
    /// vector [<paramref name="rows"/>], of which row (or element) <c>firstRow + r * rowStep</c> is row r of this one.
    /// <see cref="Name"/> is then the name that the program gives to the part.
    /// </summary>
    /// <param name="tensor">Name of the larger tensor in the checkpoint, with the placeholders that it has there.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="firstRow">0-based row where this tensor begins.</param>
    /// <param name="rowStep">Distance of its rows.</param>
    /// <param name="isTransposed">The file's tensor is [columns, <paramref name="rows"/>]; no difference for vectors.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows of the tensor are not inside the larger one.</exception>
    public TensorDeclaration FromFused(string tensor, int rows, int firstRow = 0, int rowStep = 1, bool isTransposed = false)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return From(new TensorSlice(tensor, null, rows, firstRow, rowStep, isTransposed));
    }

    /// <summary>The name of one tensor that the declaration stands for.</summary>
    /// <param name="name">A name, perhaps with placeholders.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="expert">0-based expert.</param>
    internal static string Expand(string name, int layer, int expert = 0) =>
        name.Replace(LayerPlaceholder, layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace(ExpertPlaceholder, expert.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private TensorDeclaration From(TensorSlice slice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slice.FirstRow, "firstRow");
        ArgumentOutOfRangeException.ThrowIfLessThan(slice.RowStep, 1, "rowStep");
        long lastRow = slice.FirstRow + ((Shape[0] - 1L) * slice.RowStep);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lastRow, slice.Rows, "rows");
        return this with { Slice = slice };
    }
}
