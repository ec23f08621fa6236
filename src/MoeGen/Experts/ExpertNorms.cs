using MoeGen.Kernels;
using MoeGen.Weights;

namespace MoeGen.Experts;

/// <summary>Frobenius norms of experts, each over all of its matrices together; biases are not counted (SwapMoE, equation 1: |E|).</summary>
internal sealed unsafe class ExpertNorms
{
    private readonly TensorDeclaration[] _matrices; // of one expert
    private readonly float[] _values; // [keys]

    /// <summary>Prepares to measure.</summary>
    /// <param name="declarations">Tensors of the model: they say where an expert's matrices lie in its blob.</param>
    /// <param name="numExperts">Experts of all layers.</param>
    public ExpertNorms(IReadOnlyList<TensorDeclaration> declarations, int numExperts)
    {
        // an encoder and a decoder declare the same blob
        _matrices = [.. declarations.Where(tensor => tensor is { ExpertOffset: not null, IsVector: false }).DistinctBy(tensor => tensor.ExpertOffset)];
        _values = new float[numExperts];
    }

    /// <summary>The norms, [keys].</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>Measures an expert; safe from several threads, one for each expert.</summary>
    /// <param name="key">The expert.</param>
    /// <param name="blob">First byte of its blob.</param>
    public void Measure(int key, byte* blob)
    {
        double sum = 0;
        foreach (TensorDeclaration matrix in _matrices)
        {
            sum += SumOfSquares.Of(blob + matrix.ExpertOffset!.Value, matrix.Shape[0], matrix.Shape[1], matrix.Format);
        }

        _values[key] = (float)Math.Sqrt(sum);
    }
}
