using MoeGen.Engine;
using MoeGen.Kernels;

namespace MoeGen.Experts;

/// <summary>A router's matrix, whatever its shape and format, for whoever wants to know what another layer's router would say.</summary>
internal interface IRouterScores
{
    /// <summary>Scores of all experts for one token.</summary>
    /// <param name="normed">Router input of a layer, [tokens, hidden].</param>
    /// <param name="token">0-based token.</param>
    /// <param name="logits">Receives the scores, [1, experts].</param>
    void Score(Activations normed, int token, Activations logits);
}

/// <inheritdoc/>
internal sealed class RouterScores<TShape, TFormat>(Matrix<TShape, TFormat> router) : IRouterScores
    where TShape : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    public void Score(Activations normed, int token, Activations logits) =>
        MatMul.Run(router, new Product(normed.Skip(token), logits, 1), new Share(0, TShape.Rows));
}
