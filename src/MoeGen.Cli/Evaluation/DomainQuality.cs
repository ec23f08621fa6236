using MoeGen.Evaluation;

namespace MoeGen.Cli.Evaluation;

/// <summary>How a method did on a text, or on all of them: sums over tokens, so that a long text weighs more than a short one.</summary>
/// <param name="Name">The text.</param>
/// <param name="NumTokens">Tokens that were foreseen.</param>
/// <param name="NumBytes">Bytes of their text.</param>
/// <param name="Loss">Mean negative log probability of a token, nats.</param>
/// <param name="Agreement">Share of tokens for which the method and the exact model find the same one most probable.</param>
/// <param name="Divergence">Mean KL(exact || method), nats.</param>
/// <param name="DivergenceP95">Its 95th percentile, nats.</param>
/// <param name="Continuations">Greedy continuations, beside those of the exact model.</param>
internal sealed record DomainQuality(
    string Name, int NumTokens, long NumBytes, double Loss, double Agreement, double Divergence, double DivergenceP95,
    ContinuationMatch Continuations)
{
    private const double P95 = 0.95;

    public DomainQuality(string name, long numBytes, QualityMeter meter, ContinuationMatch continuations)
        : this(
            name, meter.NumTokens, numBytes, meter.Loss, meter.Agreement, meter.Divergence, meter.DivergencePercentile(P95), continuations)
    {
    }

    public double Perplexity => Math.Exp(Loss);

    /// <summary>What the text takes when it is coded by the model: independent of the tokenizer.</summary>
    public double BitsPerByte => Loss * NumTokens / Math.Log(2) / NumBytes;
}
