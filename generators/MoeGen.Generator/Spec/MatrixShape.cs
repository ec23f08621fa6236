using System.Collections.Generic;
using System.Linq;

namespace MoeGen.Generator.Spec;

/// <summary>A shape that kernels are compiled for. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="TypeName">Name of the generated struct.</param>
/// <param name="Description">What matrices of the shape do.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
internal sealed record MatrixShape(string TypeName, string Description, int Rows, int Columns)
{
    /// <summary>The shapes of a model, each once, in the order of the forward pass.</summary>
    public static IEnumerable<MatrixShape> Of(ModelSpec spec) =>
        WeightSpec.Of(spec).Select(weight => weight.Shape).OfType<MatrixShape>().Distinct();
}
