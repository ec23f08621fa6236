using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Kernels;

public static unsafe partial class FeedForward
{
    /// <summary>
    /// First half, sparse: each expert's gate and up on the tokens that chose it. Workers share the columns of gate and up.
    /// </summary>
    /// <param name="activation">What to make of gate and up.</param>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices, grouped by expert.</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="gate">Receives the activations, [numTokens * topK, intermediate], a row per choice, grouped by expert.</param>
    /// <param name="up">Scratch of the same shape.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scalesInput">
    /// The weight of a choice scales the expert's input, as in Llama 4, and so both products before the activation; experts with biases
    /// cannot be scaled like this. <c>DownAndAdd</c> must be told the same.
    /// </param>
    public static void GateAndUp<TActivation, TExpert, TUp, TDown, TFormat>(
        TActivation activation, ExpertList<TExpert, TUp, TDown, TFormat> experts, Routing routing, Activations x, Activations gate,
        Activations up, Worker worker, bool scalesInput = false)
        where TActivation : struct, IGatedActivation
        where TExpert : struct, IGatedExpert<TExpert, TUp, TDown, TFormat>
        where TUp : struct, IMatrixShape
        where TDown : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        ArgumentNullException.ThrowIfNull(experts);
        ArgumentNullException.ThrowIfNull(routing);
        Share rows = MatMul.RowsOf<TUp>(worker);
        for (int id = 0; id < experts.Count; id++)
        {
            Share entries = routing.EntriesOf(id);
            int count = entries.End - entries.Start;
            if (count > 0)
            {
                ExpertSlot slot = experts.Slot(id);
                TExpert expert = TExpert.At(slot);
                int* tokens = routing.EntryTokens + entries.Start;
                Product<TUp, TFormat> gated = new(expert.GateProj, x, gate, count)
                {
                    InputRows = tokens,
                    FirstOutputRow = entries.Start,
                    Bias = TExpert.GateBias(slot).Data,
                };
                Product<TUp, TFormat> upped = new(expert.UpProj, x, up, count)
                {
                    InputRows = tokens,
                    FirstOutputRow = entries.Start,
                    Bias = TExpert.UpBias(slot).Data,
                };
                MatMul.Run(gated, rows);
                MatMul.Run(upped, rows);
                if (scalesInput)
                {
                    ScaleEntries(routing, id, entries, gate, rows);
                    ScaleEntries(routing, id, entries, up, rows);
                }

                GatedActivation.Activate<TActivation>(gate, up, entries.Start, count, rows);
            }
        }
    }

    /// <summary>
    /// First half without a gate, sparse: <c>up = activation(up_proj x, 1)</c> of each expert on the tokens that chose it. Workers share
    /// the columns of up.
    /// </summary>
    /// <param name="activation">What to make of up.</param>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices, grouped by expert.</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="up">Receives the activations, [numTokens * topK, intermediate], a row per choice, grouped by expert.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Up<TActivation, TExpert, TUp, TDown, TFormat>(
        TActivation activation, ExpertList<TExpert, TUp, TDown, TFormat> experts, Routing routing, Activations x, Activations up,
        Worker worker)
        where TActivation : struct, IGatedActivation
        where TExpert : struct, IExpert<TExpert, TUp, TDown, TFormat>
        where TUp : struct, IMatrixShape
        where TDown : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        ArgumentNullException.ThrowIfNull(experts);
        ArgumentNullException.ThrowIfNull(routing);
        Share rows = MatMul.RowsOf<TUp>(worker);
        for (int id = 0; id < experts.Count; id++)
        {
            Share entries = routing.EntriesOf(id);
            int count = entries.End - entries.Start;
            if (count > 0)
            {
                ExpertSlot slot = experts.Slot(id);
                Product<TUp, TFormat> product = new(TExpert.At(slot).UpProj, x, up, count)
                {
                    InputRows = routing.EntryTokens + entries.Start,
                    FirstOutputRow = entries.Start,
                    Bias = TExpert.UpBias(slot).Data,
                };
                MatMul.Run(product, rows);
                GatedActivation.Activate<TActivation>(up, entries.Start, count, rows);
            }
        }
    }

    /// <summary>
    /// Second half, sparse: each expert's down projection, then <c>hidden += scale * sum_k weight_k * down_k</c>. Workers share the columns
    /// of hidden.
    /// </summary>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices, grouped by expert; a choice below 0 was dropped and contributes nothing.</param>
    /// <param name="gate">Activations of the first half, [numTokens * topK, intermediate].</param>
    /// <param name="down">Scratch, [numTokens * topK, hidden].</param>
    /// <param name="hidden">Residual stream, [numTokens, hidden]; the sum is added.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on what is added.</param>
    /// <param name="scalesInput">The weights were spent on the experts' inputs and count as 1 here.</param>
    /// <remarks>Experts may compute in any order: a token's sum is always taken in the order of its choices, best first.</remarks>
    public static void DownAndAdd<TExpert, TUp, TDown, TFormat>(
        ExpertList<TExpert, TUp, TDown, TFormat> experts, Routing routing, Activations gate, Activations down, Activations hidden,
        int numTokens, Worker worker, float scale = 1, bool scalesInput = false)
        where TExpert : struct, IExpert<TExpert, TUp, TDown, TFormat>
        where TUp : struct, IMatrixShape
        where TDown : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        ArgumentNullException.ThrowIfNull(experts);
        ArgumentNullException.ThrowIfNull(routing);
        Share rows = MatMul.RowsOf<TDown>(worker);
        for (int id = 0; id < experts.Count; id++)
        {
            Share entries = routing.EntriesOf(id);
            int count = entries.End - entries.Start;
            if (count > 0)
            {
                ExpertSlot slot = experts.Slot(id);
                Product<TDown, TFormat> product = new(TExpert.At(slot).DownProj, gate, down, count)
                {
                    FirstInputRow = entries.Start,
                    FirstOutputRow = entries.Start,
                    Bias = TExpert.DownBias(slot).Data,
                };
                MatMul.Run(product, rows);
            }
        }

        // the columns of a worker are the rows it has just multiplied, so there is nothing to wait for
        for (int token = 0; token < numTokens; token++)
        {
            float* sum = hidden.Row(token) + rows.Start;
            ReadOnlySpan<int> entriesOfToken = routing.EntriesOfToken(token);
            ReadOnlySpan<float> weights = routing.TopKWeights(token);
            for (int k = 0; k < entriesOfToken.Length; k++)
            {
                if (entriesOfToken[k] != Routing.Dropped)
                {
                    float factor = scalesInput ? scale : weights[k] * scale;
                    VectorMath.AddScaled(sum, down.Row(entriesOfToken[k]) + rows.Start, factor, rows.End - rows.Start);
                }
            }
        }
    }

    // multiplies some columns of an expert's entries by the weights with which it was chosen
    private static void ScaleEntries(Routing routing, int expert, Share entries, Activations x, Share columns)
    {
        for (int entry = entries.Start; entry < entries.End; entry++)
        {
            VectorMath.Scale(x.Row(entry) + columns.Start, routing.WeightOf(expert, entry), columns.End - columns.Start);
        }
    }
}
