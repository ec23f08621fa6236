using MoeGen.Engine.Sampling;

namespace MoeGen.Evaluation;

/// <summary>How well a model foresees one token of a text, beside the exact model.</summary>
/// <param name="ExactLoss">Negative log probability that the exact model gives the token, nats.</param>
/// <param name="Loss">The same of the model under test, nats.</param>
/// <param name="Divergence">Kullback-Leibler divergence KL(exact || model) of the two distributions, nats, at least 0.</param>
/// <param name="Agrees">Whether both find the same token most probable; of equal ones the first counts, as in greedy decoding.</param>
internal readonly record struct TokenQuality(double ExactLoss, double Loss, double Divergence, bool Agrees)
{
    /// <summary>Compares two distributions of the token that follows.</summary>
    /// <param name="exact">Finite logits of the exact model, [vocabulary] f32.</param>
    /// <param name="logits">Finite logits of the model under test, [vocabulary] f32; may be <paramref name="exact"/>.</param>
    /// <param name="token">The token that follows in the text.</param>
    /// <remarks>
    /// <c>loss = log(sum exp x) - x[token]</c> and <c>KL = sum p (x - y) - log(sum exp x) + log(sum exp y)</c> with x exact, y under test
    /// and p = softmax(x), in double precision with the largest logit taken off first. Equal logits give equal losses and a divergence of
    /// exactly 0. Allocates nothing.
    /// </remarks>
    public static TokenQuality Of(ReadOnlySpan<float> exact, ReadOnlySpan<float> logits, int token)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, exact.Length);
        int exactBest = Sampler.IndexOfLargest(exact), best = Sampler.IndexOfLargest(logits);
        double exactLargest = exact[exactBest], largest = logits[best], exactSum = 0, sum = 0, difference = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            double x = exact[i], y = logits[i], weight = Math.Exp(x - exactLargest);
            exactSum += weight;
            sum += Math.Exp(y - largest);
            difference += weight * (x - y);
        }

        double exactLogSum = exactLargest + Math.Log(exactSum), logSum = largest + Math.Log(sum);

        // rounding can leave a little less than nothing
        double divergence = Math.Max(0, (difference / exactSum) - (exactLogSum - logSum));
        return new TokenQuality(exactLogSum - exact[token], logSum - logits[token], divergence, exactBest == best);
    }
}
