using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>Rotary positions; see <see cref="MoeGen.Kernels.Rope"/>, which makes the cosines and sines of a pass.</summary>
public static class RotationKernel
{
    /// <summary>Turns a part of every head in place. Grid: [heads, tokens].</summary>
    /// <param name="x">[tokens, heads * headDim].</param>
    /// <param name="rotations">Cosines and sines of the tokens, [tokens, rotaryDim], in the order of <see cref="MoeGen.Kernels.Rope"/>.</param>
    /// <param name="shape">The heads.</param>
    public static void Rotate(ArrayView<float> x, ArrayView<float> rotations, RotationShape shape)
    {
        int head = Grid.IdxX, token = Grid.IdxY, half = shape.RotaryDim / 2;
        long first = ((long)token * shape.Stride) + (head * shape.HeadDim) + shape.FirstDim;
        int rotation = token * RowStride.Of(shape.RotaryDim);
        for (int pair = Group.IdxX; pair < half; pair += Group.DimX)
        {
            int at = shape.IsInterleaved != 0 ? 2 * pair : pair, other = shape.IsInterleaved != 0 ? at + 1 : pair + half;
            float a = x[first + at], b = x[first + other], cosine = rotations[rotation + at], sine = rotations[rotation + other];
            x[first + at] = (a * cosine) - (b * sine);
            x[first + other] = (b * cosine) + (a * sine);
        }
    }
}
