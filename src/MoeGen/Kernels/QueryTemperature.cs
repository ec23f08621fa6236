using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// Sharpens the attention of late tokens, where layers without rotary positions would see too much alike (arXiv 2501.19399).
/// </summary>
public static unsafe class QueryTemperature
{
    /// <summary>
    /// <c>q *= 1 + attentionScale * ln(floor((position + 1) / floorScale) + 1)</c>. Workers share the tokens, so a Sync stands between this
    /// and kernels that share heads.
    /// </summary>
    /// <param name="queries">Queries of all heads, in place, [numTokens, width] f32.</param>
    /// <param name="attentionScale">How much the logarithm counts (<c>attn_scale</c>).</param>
    /// <param name="floorScale">Positions of one step (<c>floor_scale</c>).</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <remarks>
    /// The factor is computed in double precision. Reference: transformers <c>modeling_llama4</c>, <c>attn_temperature_tuning</c>.
    /// </remarks>
    public static void Scale(
        Activations queries, float attentionScale, float floorScale, int firstPosition, int numTokens, Worker worker)
    {
        Share tokens = worker.Share(numTokens);
        for (int token = tokens.Start; token < tokens.End; token++)
        {
            double step = Math.Floor((firstPosition + token + 1) / (double)floorScale);
            VectorMath.Scale(queries.Row(token), (float)(1 + (attentionScale * Math.Log(step + 1))), queries.Width);
        }
    }
}
