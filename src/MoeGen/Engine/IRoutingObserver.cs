using MoeGen.Kernels;

namespace MoeGen.Engine;

/// <summary>Hears which experts the tokens of a pass have chosen, layer by layer.</summary>
internal interface IRoutingObserver
{
    /// <summary>The tokens of a pass have been embedded. Called by worker 0.</summary>
    /// <param name="embeddings">What the embedding made of them, [NumTokens, hidden]; may be read until the call returns.</param>
    /// <param name="pass">The pass.</param>
    void OnEmbedded(Activations embeddings, ForwardPass pass)
    {
    }

    /// <summary>The routing of a sparse layer is complete. Called by worker 0 while the other workers may already compute.</summary>
    /// <param name="layer">0-based layer, those of an encoder counted first.</param>
    /// <param name="normed">What the router has seen, [NumTokens, hidden].</param>
    /// <param name="pass">The pass; its <see cref="ForwardPass.Routing"/> may be read until the call returns.</param>
    void OnRouted(int layer, Activations normed, ForwardPass pass);
}
