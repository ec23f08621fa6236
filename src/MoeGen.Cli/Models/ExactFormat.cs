using MoeGen.Generator.Spec;
using MoeGen.Weights;
using WeightFormat = MoeGen.Generator.Spec.WeightFormat;

namespace MoeGen.Cli.Models;

/// <summary>The smallest format that holds the matrices of a checkpoint without rounding, whatever its config claims.</summary>
internal static class ExactFormat
{
    /// <summary>Looks at the types of the matrices that the model reads.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="checkpoint">Its checkpoint; tensors that are missing do not count here, loading reports them.</param>
    public static WeightFormat Of(ModelSpec spec, Checkpoint checkpoint)
    {
        HashSet<Weights.WeightFormat> found = [];
        foreach (string name in MatrixNames(spec))
        {
            // a product with a scale needs more digits than 16 bits have; MXFP4's needs few, but more exponent than half has
            if (checkpoint.FindType(name) == TensorType.F8E4M3 || Mxfp4Source.IsLayoutOf(checkpoint, name))
            {
                return WeightFormat.F32;
            }

            if (checkpoint.FindType(name)?.ToWeightFormat() is { } format)
            {
                found.Add(format);
            }
        }

        // half and bfloat16 do not hold each other
        return found.Count != 1 ? WeightFormat.F32 : found.Single() switch
        {
            Weights.WeightFormat.BF16 => WeightFormat.BF16,
            Weights.WeightFormat.F16 => WeightFormat.F16,
            _ => WeightFormat.F32,
        };
    }

    private static IEnumerable<string> MatrixNames(ModelSpec spec)
    {
        foreach (WeightSpec weight in WeightSpec.Of(spec).Where(weight => weight.Shape is not null))
        {
            int layers = weight.Part is ModelPart.Decoder or ModelPart.Encoder ? 1
                : weight.IsInEncoder ? spec.FirstLayer
                : spec.NumLayers;
            int experts = weight.Part == ModelPart.Expert ? spec.Sparse.NumExperts : 1;
            for (int layer = 0; layer < layers; layer++)
            {
                for (int expert = 0; expert < experts; expert++)
                {
                    yield return TensorDeclaration.Expand(weight.Tensor, layer, expert);
                }
            }
        }
    }
}
