using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>Operations on every element of some rows; one group for each row.</summary>
public static class ElementwiseKernels
{
    /// <summary><c>x = min(max(x, -limit), limit)</c>. Grid: [1, tokens].</summary>
    /// <param name="x">[tokens, width].</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="stride">Elements from a row to the next one.</param>
    /// <param name="limit">Largest magnitude.</param>
    public static void Clamp(ArrayView<float> x, int width, int stride, float limit)
    {
        long row = (long)Grid.IdxY * stride;
        for (int i = Group.IdxX; i < width; i += Group.DimX)
        {
            x[row + i] = MathF.Min(MathF.Max(x[row + i], -limit), limit);
        }
    }

    /// <summary><c>x *= 1 + attentionScale * ln(floor((position + 1) / floorScale) + 1)</c>. Grid: [1, tokens].</summary>
    /// <param name="x">[tokens, width].</param>
    /// <param name="shape">The rows, and how they are scaled.</param>
    public static void ScaleByPosition(ArrayView<float> x, TemperatureShape shape)
    {
        long row = (long)Grid.IdxY * shape.Stride;
        float step = MathF.Floor((shape.FirstPosition + Grid.IdxY + 1) / shape.FloorScale);
        float factor = 1 + (shape.AttentionScale * MathF.Log(step + 1));
        for (int i = Group.IdxX; i < shape.Width; i += Group.DimX)
        {
            x[row + i] *= factor;
        }
    }
}
