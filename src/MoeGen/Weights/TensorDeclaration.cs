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

    /// <summary>Name in the checkpoint, perhaps with placeholders.</summary>
    public string Name { get; }

    /// <summary>Dimensions.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>How the tensor is held in memory.</summary>
    public WeightFormat Format { get; }

    /// <summary>0-based layers that have the tensor; null: it belongs to no layer.</summary>
    public IReadOnlyList<int>? Layers { get; private init; }

    /// <summary>First byte inside the blob of an expert; null: the tensor belongs to no expert.</summary>
    public long? ExpertOffset { get; private init; }

    /// <summary>Bytes in memory.</summary>
    public long SizeInBytes => MatrixLayout.SizeInBytes(Shape.Count == 2 ? Shape[0] : 1, Shape[^1], Format);

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

    /// <summary>The tensor exists once in each of some layers.</summary>
    /// <param name="layers">0-based layers.</param>
    public TensorDeclaration In(IReadOnlyList<int> layers) => this with { Layers = layers };

    /// <summary>The tensor exists once in each expert of some layers.</summary>
    /// <param name="layers">0-based sparse layers.</param>
    /// <param name="offset">First byte inside the blob of an expert.</param>
    public TensorDeclaration InExperts(IReadOnlyList<int> layers, long offset) => this with { Layers = layers, ExpertOffset = offset };

    /// <summary>The name of one tensor that the declaration stands for.</summary>
    /// <param name="name">A name, perhaps with placeholders.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="expert">0-based expert.</param>
    internal static string Expand(string name, int layer, int expert = 0) =>
        name.Replace(LayerPlaceholder, layer.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace(ExpertPlaceholder, expert.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
}
