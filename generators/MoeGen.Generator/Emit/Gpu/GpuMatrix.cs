using System.Collections.Generic;
using System.Linq;
using MoeGen.Generator.Spec;

namespace MoeGen.Generator.Emit.Gpu;

/// <summary>A matrix that GPU kernels are compiled for. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="TypeName">Name of the generated struct.</param>
/// <param name="Description">What matrices of the shape do.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Format">How it is held.</param>
internal sealed record GpuMatrix(string TypeName, string Description, int Rows, int Columns, WeightFormat Format)
{
    private const string Shape = nameof(Shape);

    /// <summary>Name of the generated class that multiplies rows of this length and format.</summary>
    public string RowName => $"{Format.TypeName()}Row{Columns}";

    /// <summary>Words of 16 bytes of a panel.</summary>
    public long PanelWords => MatrixLayout.Bytes(MatrixLayout.PanelRows, Columns, Format) / GpuUnit.WordBytes;

    /// <summary>Words of 16 bytes in front of a panel's codes, in a quantised format.</summary>
    public long ScaleWords => MatrixLayout.ScaleBytes(MatrixLayout.PaddedColumns(Columns)) / GpuUnit.WordBytes;

    /// <summary>
    /// The matrices of a model, each once, in the order of the forward pass. Matrices that share a shape share a format, so the shape's name
    /// is enough.
    /// </summary>
    public static IEnumerable<GpuMatrix> Of(ModelSpec spec) =>
        WeightSpec.Of(spec)
            .Where(weight => weight.Shape is not null)
            .Select(weight => Of(weight.Shape!, weight.FormatIn(spec.WeightFormat)))
            .Distinct();

    private static GpuMatrix Of(MatrixShape shape, WeightFormat format) =>
        new(shape.TypeName.Substring(0, shape.TypeName.Length - Shape.Length) + "Matrix", shape.Description, shape.Rows, shape.Columns, format);
}
