using MoeGen.Generator.Spec;
using MoeGen.Weights;

namespace MoeGen.Cli.Models;

/// <summary>The tensors of a spec as the runtime declares them: what generated code would say, without generating it.</summary>
internal static class SpecTensors
{
    public static IReadOnlyList<TensorDeclaration> Of(ModelSpec spec)
    {
        Dictionary<bool, long> expertOffsets = new() { [false] = 0, [true] = 0 }; // by whether the expert is an encoder's
        List<TensorDeclaration> tensors = [];
        foreach (WeightSpec weight in WeightSpec.Of(spec))
        {
            ModelSpec stack = spec.Stacks.First(stack => stack.IsEncoder == weight.IsInEncoder);
            TensorDeclaration tensor = weight.Shape is { } shape
                ? TensorDeclaration.Matrix(weight.Tensor, shape.Rows, shape.Columns, SpecInfo.FormatOf(weight.FormatIn(spec.WeightFormat)))
                : TensorDeclaration.Vector(weight.Tensor, weight.Length);
            tensor = weight.Part switch
            {
                ModelPart.Layer or ModelPart.Attention or ModelPart.CrossAttention => tensor.In([.. Enumerable.Range(0, stack.NumLayers)]),
                ModelPart.Router or ModelPart.SharedExpert => tensor.In([.. stack.SparseLayers]),
                ModelPart.DenseFeedForward => tensor.In([.. stack.DenseLayers]),
                ModelPart.Expert => tensor.InExperts(
                    [.. stack.SparseLayers], expertOffsets[weight.IsInEncoder], weight.IsInEncoder ? 0 : spec.FirstLayer),
                _ => tensor,
            };
            if (weight.Part == ModelPart.Expert)
            {
                expertOffsets[weight.IsInEncoder] += WeightSize.Of(weight, spec.WeightFormat).Bytes;
            }

            tensors.Add(weight.Stack is { } place
                ? tensor.FromStack(spec.Sparse.NumExperts, place.Rows, place.FirstRow, place.RowStep, place.IsTransposed)
                : tensor);
        }

        return tensors;
    }
}
