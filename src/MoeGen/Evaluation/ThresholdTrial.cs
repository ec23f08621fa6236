using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Evaluation;

/// <summary>What MoBiLE did to a text with some options, teacher forced; figures are about decode steps.</summary>
/// <param name="Options">The options.</param>
/// <param name="FallbackShare">Steps that ran again with all experts, as a share of all.</param>
/// <param name="Perplexity">Perplexity of the text.</param>
/// <param name="Agreement">Share of steps after which the most probable token is that of the exact model.</param>
/// <param name="Divergence">Mean of KL(exact || this), nats.</param>
/// <param name="LittleDivergence">Mean of KL(half the experts everywhere || this), nats.</param>
internal sealed record ThresholdTrial(
    MobileOptions Options, double FallbackShare, double Perplexity, double Agreement, double Divergence, double LittleDivergence)
{
    /// <summary>Whether the quality is that of the exact model up to a tolerance, in agreement and in perplexity.</summary>
    /// <param name="tolerance">Share of tokens that may differ, and of the perplexity that may be added.</param>
    /// <param name="exactPerplexity">Perplexity of the exact model.</param>
    public bool IsWithin(double tolerance, double exactPerplexity) =>
        1 - Agreement <= tolerance && (Perplexity / exactPerplexity) - 1 <= tolerance;
}
