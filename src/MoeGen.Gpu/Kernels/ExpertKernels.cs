using ILGPU;

namespace MoeGen.Gpu.Kernels;

/// <summary>
/// The experts on the tokens that chose them: one group for each panel and choice. Groups whose expert is not there leave at once, so that
/// those of a layer may be computed in several launches, as they arrive.
/// </summary>
public static class ExpertKernels
{
    /// <summary>First half: <c>y = activation(gate x + bias, up x + bias)</c>. Grid: [panels, choices].</summary>
    /// <typeparam name="TMatrix">Gate and up.</typeparam>
    /// <typeparam name="TExpert">The expert.</typeparam>
    /// <typeparam name="TActivation">What joins gate and up; without a gate, up and 1.</typeparam>
    /// <param name="choices">The choices.</param>
    /// <param name="x">Inputs, [tokens, hidden] rows of pairs.</param>
    /// <param name="y">Outputs, [choices, intermediate].</param>
    public static void GateAndUp<TMatrix, TExpert, TActivation>(Choices choices, ArrayView<Pair> x, ArrayView<float> y)
        where TMatrix : struct, IGpuMatrix
        where TExpert : struct, IGpuExpert
        where TActivation : struct, IGpuActivation
    {
        ArrayView<float> gates = SharedMemory.Allocate<float>(PanelSums.Length), ups = SharedMemory.Allocate<float>(PanelSums.Length);
        int panel = Grid.IdxX, choice = Grid.IdxY;
        long place = choices.PlaceOf(choice);
        if (place < 0)
        {
            return;
        }

        long words = place + ((long)panel * TMatrix.PanelWords);
        long row = (long)(choice / TExpert.TopK) * RowStride.PairsOf(TMatrix.Columns);
        if (TExpert.HasGate)
        {
            ProductKernels.StoreDot<TMatrix>(gates, choices.Arena, words + (TExpert.GateProjOffset / Words.SizeInBytes), x, row);
        }

        ProductKernels.StoreDot<TMatrix>(ups, choices.Arena, words + (TExpert.UpProjOffset / Words.SizeInBytes), x, row);
        Group.Barrier();

        for (int i = Group.IdxX; i < PanelSums.Rows; i += Group.DimX)
        {
            int element = (panel * PanelSums.Rows) + i;
            if (element < TMatrix.Rows)
            {
                float up = PanelSums.RowTotal(ups, i), gate = TExpert.HasGate ? PanelSums.RowTotal(gates, i) : up;
                if (TExpert.HasBias)
                {
                    up += choices.Bias(place, TExpert.UpBiasOffset, element);
                    gate = TExpert.HasGate ? gate + choices.Bias(place, TExpert.GateBiasOffset, element) : up;
                }

                if (TExpert.ScalesInput)
                {
                    up *= choices.Weights[choice];
                    gate *= choices.Weights[choice];
                }

                y[((long)choice * RowStride.Of(TMatrix.Rows)) + element] = TActivation.Apply(gate, TExpert.HasGate ? up : 1);
            }
        }
    }

    /// <summary>Second half: <c>y = down x + bias</c>. Grid: [panels, choices].</summary>
    /// <typeparam name="TMatrix">Down.</typeparam>
    /// <typeparam name="TExpert">The expert.</typeparam>
    /// <param name="choices">The choices.</param>
    /// <param name="x">What the first half has left, [choices, intermediate] rows of pairs.</param>
    /// <param name="y">Outputs, [choices, hidden].</param>
    public static void Down<TMatrix, TExpert>(Choices choices, ArrayView<Pair> x, ArrayView<float> y)
        where TMatrix : struct, IGpuMatrix
        where TExpert : struct, IGpuExpert
    {
        ArrayView<float> shared = SharedMemory.Allocate<float>(PanelSums.Length);
        int panel = Grid.IdxX, choice = Grid.IdxY;
        long place = choices.PlaceOf(choice);
        if (place < 0)
        {
            return;
        }

        long words = place + (TExpert.DownProjOffset / Words.SizeInBytes) + ((long)panel * TMatrix.PanelWords);
        ProductKernels.StoreDot<TMatrix>(shared, choices.Arena, words, x, (long)choice * RowStride.PairsOf(TMatrix.Columns));
        Group.Barrier();
        for (int i = Group.IdxX; i < PanelSums.Rows; i += Group.DimX)
        {
            int element = (panel * PanelSums.Rows) + i;
            if (element < TMatrix.Rows)
            {
                float bias = TExpert.HasBias ? choices.Bias(place, TExpert.DownBiasOffset, element) : 0;
                y[((long)choice * RowStride.Of(TMatrix.Rows)) + element] = PanelSums.RowTotal(shared, i) + bias;
            }
        }
    }

    /// <summary><c>hidden += scale * sum_k weight_k * down_k</c>, in the order of a token's choices. Grid: [1, tokens].</summary>
    /// <param name="ids">Ids of the choices, [tokens, topK]; below 0: dropped, and adds nothing.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="down">Outputs of the experts, [tokens * topK, hidden].</param>
    /// <param name="hidden">Residual stream, [tokens, hidden].</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="topK">Choices of a token.</param>
    /// <param name="scale">Factor on what is added.</param>
    /// <param name="scalesInput">1: the weights were spent on the experts' inputs and count as 1 here.</param>
    public static void AddChosen(
        ArrayView<int> ids, ArrayView<float> weights, ArrayView<float> down, ArrayView<float> hidden, int width, int topK, float scale,
        int scalesInput)
    {
        int token = Grid.IdxY, stride = RowStride.Of(width);
        for (int element = Group.IdxX; element < width; element += Group.DimX)
        {
            long place = ((long)token * stride) + element;
            float sum = hidden[place];
            for (int choice = token * topK; choice < (token + 1) * topK; choice++)
            {
                if (ids[choice] >= 0)
                {
                    float factor = scalesInput != 0 ? scale : weights[choice] * scale;
                    sum += factor * down[((long)choice * stride) + element];
                }
            }

            hidden[place] = sum;
        }
    }
}
