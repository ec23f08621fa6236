using MoeGen.Engine;
using MoeGen.Experts;

namespace MoeGen.Kernels;

public static partial class TopK
{
    /// <summary>
    /// Takes the best expert, weighs it by a softmax over those logits that are near it, and goes on with the others until topK are
    /// chosen.
    /// </summary>
    /// <param name="routing">Logits in, ids and weights out; the logits stay as they are.</param>
    /// <param name="jitterEpsilon">Half of the relative distance at which a logit is no longer near (<c>router_jitter_noise</c>).</param>
    /// <param name="layer">0-based layer, for the error message.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    /// <exception cref="NonFiniteValueException">A logit is an infinity or NaN; nothing is routed by it.</exception>
    /// <remarks>
    /// In each round, with <c>m</c> the largest logit that is left, a logit <c>s</c> is near when
    /// <c>(m - s) / max(|s|, m) &lt;= 2 * jitterEpsilon</c>. The weights of a token do not sum to 1. Source: SparseMixer-v2
    /// (arXiv 2409.12136); reference: transformers <c>modeling_phimoe</c>, sparsemixer, without its noise for training.
    /// </remarks>
    public static void SparseMixer(Routing routing, float jitterEpsilon, int layer, int numTokens, Worker worker) =>
        ChooseAll(new SparseMixerRule(jitterEpsilon), routing, layer, numTokens, worker);

    private readonly struct SparseMixerRule(float jitterEpsilon) : IRule
    {
        public void Choose(ReadOnlySpan<float> logits, Span<int> ids, Span<float> weights)
        {
            SelectLargest(logits, ids);
            for (int round = 0; round < ids.Length; round++)
            {
                float maximum = logits[ids[round]];
                ReadOnlySpan<int> taken = ids[..round];
                float sum = 0;
                for (int expert = 0; expert < logits.Length; expert++)
                {
                    float distance = (maximum - logits[expert]) / Math.Max(Math.Abs(logits[expert]), maximum);

                    // asked like this because zero by zero is near: where everything is zero, all are equal
                    if (!taken.Contains(expert) && !(distance > 2 * jitterEpsilon))
                    {
                        sum += MathF.Exp(logits[expert] - maximum);
                    }
                }

                // the chosen expert's own exponential is 1
                weights[round] = 1 / sum;
            }
        }
    }
}
