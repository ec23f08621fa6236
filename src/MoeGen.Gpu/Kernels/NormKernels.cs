using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// Norms of rows, or of the heads of rows; one group for each. Source of the formulas: <see cref="MoeGen.Kernels.RmsNorm"/> and
/// <see cref="MoeGen.Kernels.LayerNorm"/>.
/// </summary>
public static class NormKernels
{
    /// <summary><c>y = x / sqrt(mean(x²) + epsilon) * weight</c>. Grid: [heads, tokens].</summary>
    /// <param name="x">[tokens, heads * width].</param>
    /// <param name="weight">[width]; empty: none.</param>
    /// <param name="y">The same shape; may be the same memory.</param>
    /// <param name="shape">The rows.</param>
    public static void Rms(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> y, NormShape shape)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupLanes.MaxGroupSize);
        long row = ((long)Grid.IdxY * shape.Stride) + (Grid.IdxX * shape.Width);
        float squares = 0;
        for (int i = Group.IdxX; i < shape.Width; i += Group.DimX)
        {
            squares += x[row + i] * x[row + i];
        }

        float scale = 1 / MathF.Sqrt((GroupSum.Of(squares, shared) / shape.Width) + shape.Epsilon);
        for (int i = Group.IdxX; i < shape.Width; i += Group.DimX)
        {
            y[row + i] = x[row + i] * scale * (weight.Length > 0 ? weight[i] : 1);
        }
    }

    /// <summary><c>y = (x - mean(x)) / sqrt(var(x) + epsilon) * weight + bias</c>. Grid: [heads, tokens].</summary>
    /// <param name="x">[tokens, heads * width].</param>
    /// <param name="weight">[width].</param>
    /// <param name="bias">[width].</param>
    /// <param name="y">The same shape as x; may be the same memory.</param>
    /// <param name="shape">The rows.</param>
    public static void Layer(
        ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> y, NormShape shape)
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(GroupLanes.MaxGroupSize);
        long row = ((long)Grid.IdxY * shape.Stride) + (Grid.IdxX * shape.Width);
        float sum = 0;
        for (int i = Group.IdxX; i < shape.Width; i += Group.DimX)
        {
            sum += x[row + i];
        }

        float mean = GroupSum.Of(sum, shared) / shape.Width;
        float squares = 0;
        for (int i = Group.IdxX; i < shape.Width; i += Group.DimX)
        {
            squares += (x[row + i] - mean) * (x[row + i] - mean);
        }

        float scale = 1 / MathF.Sqrt((GroupSum.Of(squares, shared) / shape.Width) + shape.Epsilon);
        for (int i = Group.IdxX; i < shape.Width; i += Group.DimX)
        {
            y[row + i] = ((x[row + i] - mean) * scale * weight[i]) + bias[i];
        }
    }
}
