using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>From router logits to chosen experts, one group for each token; see <see cref="MoeGen.Kernels.TopK"/>.</summary>
public static class TopKKernels
{
    /// <summary>
    /// Softmax over all experts, then the best of them; of equal logits the one with the lower id is the better one. Grid: [tokens].
    /// </summary>
    /// <param name="logits">[tokens, experts].</param>
    /// <param name="ids">Receives the ids, best first, [tokens, topK].</param>
    /// <param name="weights">Receives their weights.</param>
    /// <param name="shape">The router.</param>
    /// <remarks>
    /// An expert's place is the number of experts that are better: every thread counts for experts of its own, and nobody waits for the choice
    /// before.
    /// </remarks>
    public static void SoftmaxThenTopK(ArrayView<float> logits, ArrayView<int> ids, ArrayView<float> weights, RouterShape shape)
    {
        ArrayView<float> scores = SharedMemory.Allocate<float>(RouterShape.MaxExperts);
        ArrayView<float> exponentials = SharedMemory.Allocate<float>(RouterShape.MaxExperts);
        ArrayView<float> chosen = SharedMemory.Allocate<float>(RouterShape.MaxTopK);
        int token = Grid.IdxX, row = token * RowStride.Of(shape.NumExperts), first = token * shape.TopK;
        for (int expert = Group.IdxX; expert < shape.NumExperts; expert += Group.DimX)
        {
            scores[expert] = logits[row + expert];
        }

        Group.Barrier();
        float maximum = scores[0];
        for (int expert = 1; expert < shape.NumExperts; expert++)
        {
            maximum = MathF.Max(maximum, scores[expert]);
        }

        for (int expert = Group.IdxX; expert < shape.NumExperts; expert += Group.DimX)
        {
            exponentials[expert] = MathF.Exp(scores[expert] - maximum);
        }

        Group.Barrier();
        float sum = 0;
        for (int expert = 0; expert < shape.NumExperts; expert++)
        {
            sum += exponentials[expert];
        }

        for (int expert = Group.IdxX; expert < shape.NumExperts; expert += Group.DimX)
        {
            int place = PlaceOf(scores, expert, shape.NumExperts);
            if (place < shape.TopK)
            {
                ids[first + place] = expert;
                chosen[place] = exponentials[expert] / sum;
            }
        }

        Group.Barrier();
        float divisor = 0;
        for (int k = 0; k < shape.TopK; k++)
        {
            divisor += chosen[k];
        }

        for (int k = Group.IdxX; k < shape.TopK; k += Group.DimX)
        {
            weights[first + k] = shape.Scale * (shape.Normalize != 0 ? chosen[k] / divisor : chosen[k]);
        }
    }

    private static int PlaceOf(ArrayView<float> scores, int expert, int numExperts)
    {
        float score = scores[expert];
        int better = 0;
        for (int other = 0; other < numExperts; other++)
        {
            float there = scores[other];
            better += there > score || (there == score && other < expert) ? 1 : 0;
        }

        return better;
    }
}
