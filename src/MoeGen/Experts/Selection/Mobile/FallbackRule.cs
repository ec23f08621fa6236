using MoeGen.Kernels;

namespace MoeGen.Experts.Selection.Mobile;

/// <summary>Which decode steps MoBiLE runs with all experts. The first three judge the logits of half the experts by a confidence of 0 to 1.</summary>
public enum FallbackRule
{
    /// <summary>Steps whose most probable token has a probability below the threshold (our reading of arXiv 2510.12357).</summary>
    TopProbability,

    /// <summary>Steps whose two most probable tokens are nearer to each other than the threshold.</summary>
    Margin,

    /// <summary>Steps for which <c>1 - entropy / ln(vocabulary)</c> is below the threshold.</summary>
    Entropy,

    /// <summary>All steps, at once: nothing is skipped.</summary>
    AlwaysBig,

    /// <summary>No step: half the experts for everything behind the prompt.</summary>
    AlwaysLittle,

    /// <summary>The first steps behind a prompt, at once.</summary>
    FirstTokensBig,

    /// <summary>Steps drawn by lot, after they ran with half the experts: what a rule that knows nothing would cost and give.</summary>
    RandomBig,
}

/// <summary>How sure of the next token logits are.</summary>
internal static class Confidence
{
    /// <summary>Whether a rule judges logits at all.</summary>
    public static bool IsMeasuredBy(FallbackRule rule) =>
        rule is FallbackRule.TopProbability or FallbackRule.Margin or FallbackRule.Entropy;

    /// <summary>The confidence that a rule compares with its threshold.</summary>
    /// <param name="rule">A rule that judges logits.</param>
    /// <param name="logits">[vocabulary] f32.</param>
    /// <returns>0: all tokens are equally probable, to 1: one token is certain; NaN where a logit is not finite.</returns>
    public static float Of(FallbackRule rule, ReadOnlySpan<float> logits)
    {
        SoftmaxSummary softmax = SoftmaxSummary.Of(logits);
        return rule switch
        {
            FallbackRule.TopProbability => softmax.Largest,
            FallbackRule.Margin => softmax.Largest - softmax.Second,
            FallbackRule.Entropy => Math.Clamp(1 - (softmax.Entropy / MathF.Log(Math.Max(2, logits.Length))), 0, 1),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "Expected a rule that judges logits."),
        };
    }
}
