using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// The feed-forward part of a layer: <c>down(activation(gate(x), up(x)))</c>, for every token alike (dense) or by the experts that each
/// token has chosen (sparse). Both halves are separated by a Sync, because the second reads what all workers wrote in the first.
/// </summary>
/// <remarks>The second half of a dense layer is <c>MatMul.MultiplyAdd</c>.</remarks>
public static unsafe partial class FeedForward
{
    /// <summary>First half, dense: <c>gate = activation(gate_proj x, up_proj x)</c>. Workers share the columns of gate and up.</summary>
    /// <param name="activation">What to make of gate and up.</param>
    /// <param name="gateProj">Weights, [intermediate, hidden].</param>
    /// <param name="upProj">Weights, [intermediate, hidden].</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="gate">Receives the activations, [numTokens, intermediate].</param>
    /// <param name="up">Scratch, [numTokens, intermediate].</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void GateAndUp<TActivation, TUp, TFormat>(
        TActivation activation, Matrix<TUp, TFormat> gateProj, Matrix<TUp, TFormat> upProj, Activations x, Activations gate,
        Activations up, int numTokens, Worker worker)
        where TActivation : struct, IGatedActivation
        where TUp : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        Share rows = MatMul.RowsOf<TUp>(gate, worker);
        MatMul.Run(gateProj, new Product(x, gate, numTokens), rows);
        MatMul.Run(upProj, new Product(x, up, numTokens), rows);
        GatedActivation.Activate<TActivation>(gate, up, 0, numTokens, rows);
    }

    /// <summary>First half without a gate, dense: <c>up = activation(up_proj x, 1)</c>. Workers share the columns of up.</summary>
    /// <param name="activation">What to make of up; one that is 0 for 0 whatever the other operand is.</param>
    /// <param name="upProj">Weights, [intermediate, hidden].</param>
    /// <param name="x">Inputs, [numTokens, hidden].</param>
    /// <param name="up">Receives the activations, [numTokens, intermediate].</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public static void Up<TActivation, TUp, TFormat>(
        TActivation activation, Matrix<TUp, TFormat> upProj, Activations x, Activations up, int numTokens, Worker worker)
        where TActivation : struct, IGatedActivation
        where TUp : struct, IMatrixShape
        where TFormat : struct, IWeightFormat
    {
        Share rows = MatMul.RowsOf<TUp>(up, worker);
        MatMul.Run(upProj, new Product(x, up, numTokens), rows);
        GatedActivation.Activate<TActivation>(up, 0, numTokens, rows);
    }

    /// <summary>
    /// Gates a shared expert: <c>x[t, :] *= sigmoid(scores[t, 0])</c>. Workers share the tokens; a Sync stands before it, because the rows
    /// are those that all workers have multiplied, and one behind it.
    /// </summary>
    /// <param name="x">Rows to scale in place, [numTokens, width] f32.</param>
    /// <param name="scores">Scores before the sigmoid, [numTokens, 1] f32.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <remarks>
    /// To scale the activations before the down projection is the same as to scale the expert's output. Reference: transformers
    /// <c>modeling_qwen2_moe</c>, <c>shared_expert_gate</c>.
    /// </remarks>
    public static void ScaleRows(Activations x, Activations scores, int numTokens, Worker worker)
    {
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            VectorMath.Scale(x.Row(token), Sigmoids.Of(*scores.Row(token)), x.Width);
            x.Quantize(token);
        }
    }
}
