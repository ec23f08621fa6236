using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Kernels;

/// <summary>
/// The feed-forward part of a layer: <c>down(silu(gate(x)) * up(x))</c>, for every token alike (dense) or by the experts that each
/// token has chosen (sparse). Both halves are separated by a Sync, because the second reads what all workers wrote in the first.
/// </summary>
public static unsafe class FeedForward
{
    /// <summary>First half, dense: <c>gate = silu(gate_proj x) * up_proj x</c>.</summary>
    /// <param name="gateProj">Weights, [intermediate, hidden].</param>
    /// <param name="upProj">Weights, [intermediate, hidden].</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="gate">Receives the activations, [numTokens, intermediate].</param>
    /// <param name="up">Scratch, [numTokens, intermediate].</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void GateAndUp<TUp, TFormat>(
        Matrix<TUp, TFormat> gateProj, Matrix<TUp, TFormat> upProj, Activations x, Activations gate, Activations up, int numTokens,
        Worker worker)
        where TUp : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        Share rows = MatMul.RowsOf<TUp>(worker);
        MatMul.Run(new Product<TUp, TFormat>(gateProj, x, gate, numTokens), rows);
        MatMul.Run(new Product<TUp, TFormat>(upProj, x, up, numTokens), rows);
        SwiGlu.Activate(gate, up, 0, numTokens, rows);
    }

    /// <summary>First half, sparse: each expert's gate and up on the tokens that chose it.</summary>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices, grouped by expert.</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="gate">Receives the activations, [numTokens * topK, intermediate], a row per choice, grouped by expert.</param>
    /// <param name="up">Scratch of the same shape.</param>
    /// <param name="worker">The calling worker.</param>
    public static void GateAndUp<TExpert, TUp, TDown, TFormat>(
        ExpertList<TExpert, TUp, TDown, TFormat> experts, Routing routing, Activations x, Activations gate, Activations up, Worker worker)
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
                TExpert expert = experts[id];
                int* tokens = routing.EntryTokens + entries.Start;
                Product<TUp, TFormat> gated = new(expert.GateProj, x, gate, count) { InputRows = tokens, FirstOutputRow = entries.Start };
                Product<TUp, TFormat> upped = new(expert.UpProj, x, up, count) { InputRows = tokens, FirstOutputRow = entries.Start };
                MatMul.Run(gated, rows);
                MatMul.Run(upped, rows);
                SwiGlu.Activate(gate, up, entries.Start, count, rows);
            }
        }
    }

    /// <summary>Second half, sparse: each expert's down projection, then the weighted sum of a token's experts is added to it.</summary>
    /// <param name="experts">The layer's experts.</param>
    /// <param name="routing">Choices, grouped by expert.</param>
    /// <param name="gate">Activations of the first half, [numTokens * topK, intermediate].</param>
    /// <param name="down">Scratch, [numTokens * topK, hidden].</param>
    /// <param name="hidden">Residual stream, [numTokens, hidden]; the sum is added.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <remarks>Experts may compute in any order: a token's sum is always taken in the order of its choices, best first.</remarks>
    public static void DownAndAdd<TExpert, TUp, TDown, TFormat>(
        ExpertList<TExpert, TUp, TDown, TFormat> experts, Routing routing, Activations gate, Activations down, Activations hidden,
        int numTokens, Worker worker)
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
                Product<TDown, TFormat> product = new(experts[id].DownProj, gate, down, count)
                {
                    FirstInputRow = entries.Start,
                    FirstOutputRow = entries.Start,
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
                VectorMath.AddScaled(sum, down.Row(entriesOfToken[k]) + rows.Start, weights[k], rows.End - rows.Start);
            }
        }
    }
}
