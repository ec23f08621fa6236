using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Kernels;

public static unsafe partial class FeedForward
{
    /// <summary>
    /// First half, sparse: gate and up of each expert of the wave on the tokens that chose it. Workers share the columns of gate and up.
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
    /// cannot be scaled like this. <c>AddChosen</c> must be told the same.
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
        Share rows = MatMul.RowsOf<TUp>(gate, worker);
        foreach (ChosenExpert chosen in experts.InWave(routing))
        {
            TExpert expert = TExpert.At(chosen.Slot);
            byte* next = chosen.Next is { } slot ? TExpert.At(slot).GateProj.Data : null;
            MatMul.Run(expert.GateProj, FromTokens(TExpert.GateBias(chosen.Slot), routing, chosen, x, gate, expert.UpProj.Data), rows);
            MatMul.Run(expert.UpProj, FromTokens(TExpert.UpBias(chosen.Slot), routing, chosen, x, up, next), rows);
            if (scalesInput)
            {
                ScaleEntries(routing, chosen, gate, rows);
                ScaleEntries(routing, chosen, up, rows);
            }

            GatedActivation.Activate<TActivation>(gate, up, chosen.Entries.Start, chosen.NumTokens, rows);
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
        Share rows = MatMul.RowsOf<TUp>(up, worker);
        foreach (ChosenExpert chosen in experts.InWave(routing))
        {
            byte* next = chosen.Next is { } slot ? TExpert.At(slot).UpProj.Data : null;
            MatMul.Run(TExpert.At(chosen.Slot).UpProj, FromTokens(TExpert.UpBias(chosen.Slot), routing, chosen, x, up, next), rows);
            GatedActivation.Activate<TActivation>(up, chosen.Entries.Start, chosen.NumTokens, rows);
        }
    }

    /// <summary>Second half, sparse: each expert's down projection. Workers share the columns of hidden.</summary>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices, grouped by expert.</param>
    /// <param name="activated">Activations of the first half, [numTokens * topK, intermediate].</param>
    /// <param name="down">Receives the outputs, [numTokens * topK, hidden], a row per choice, grouped by expert.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Down<TExpert, TUp, TDown, TFormat>(
        ExpertList<TExpert, TUp, TDown, TFormat> experts, Routing routing, Activations activated, Activations down, Worker worker)
        where TExpert : struct, IExpert<TExpert, TUp, TDown, TFormat>
        where TUp : struct, IMatrixShape
        where TDown : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        ArgumentNullException.ThrowIfNull(experts);
        ArgumentNullException.ThrowIfNull(routing);
        Share rows = MatMul.RowsOf<TDown>(worker);
        foreach (ChosenExpert chosen in experts.InWave(routing))
        {
            Product product = new(activated, down, chosen.NumTokens)
            {
                FirstInputRow = chosen.Entries.Start,
                FirstOutputRow = chosen.Entries.Start,
                Bias = TExpert.DownBias(chosen.Slot).Data,
                Next = chosen.Next is { } slot ? TExpert.At(slot).DownProj.Data : null,
            };
            MatMul.Run(TExpert.At(chosen.Slot).DownProj, product, rows);
        }
    }

    /// <summary>
    /// Last step, sparse, when all experts have been computed: <c>hidden += scale * sum_k weight_k * down_k</c>. Workers share the columns of
    /// hidden, each those that it has multiplied in <c>Down</c>, so there is nothing to wait for in between.
    /// </summary>
    /// <param name="routing">Choices; one below 0 was dropped and contributes nothing.</param>
    /// <param name="down">Outputs of the experts, [numTokens * topK, hidden].</param>
    /// <param name="hidden">Residual stream, [numTokens, hidden]; the sum is added.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <param name="scale">Factor on what is added.</param>
    /// <param name="scalesInput">The weights were spent on the experts' inputs and count as 1 here.</param>
    /// <remarks>Experts may compute in any order: a token's sum is always taken in the order of its choices, best first.</remarks>
    public static void AddChosen(
        Routing routing, Activations down, Activations hidden, int numTokens, Worker worker, float scale = 1, bool scalesInput = false)
    {
        ArgumentNullException.ThrowIfNull(routing);
        Share columns = MatMul.RowsOf(hidden.Width, worker);
        for (int token = 0; token < numTokens; token++)
        {
            float* sum = hidden.Row(token) + columns.Start;
            ReadOnlySpan<int> entriesOfToken = routing.EntriesOfToken(token);
            ReadOnlySpan<float> weights = routing.TopKWeights(token);
            for (int k = 0; k < entriesOfToken.Length; k++)
            {
                if (entriesOfToken[k] != Routing.Dropped)
                {
                    float factor = scalesInput ? scale : weights[k] * scale;
                    VectorMath.AddScaled(sum, down.Row(entriesOfToken[k]) + columns.Start, factor, columns.End - columns.Start);
                }
            }
        }
    }

    // the product of an expert's first half: rows of the tokens that chose it in, a row for each choice out
    private static Product FromTokens(
        WeightVector bias, Routing routing, ChosenExpert chosen, Activations x, Activations y, byte* next) =>
        new(x, y, chosen.NumTokens)
        {
            InputRows = routing.EntryTokens + chosen.Entries.Start,
            FirstOutputRow = chosen.Entries.Start,
            Bias = bias.Data,
            Next = next,
        };

    // multiplies some columns of an expert's entries by the weights with which it was chosen
    private static void ScaleEntries(Routing routing, ChosenExpert chosen, Activations x, Share columns)
    {
        for (int entry = chosen.Entries.Start; entry < chosen.Entries.End; entry++)
        {
            VectorMath.Scale(x.Row(entry) + columns.Start, routing.WeightOf(chosen.Id, entry), columns.End - columns.Start);
        }
    }
}
