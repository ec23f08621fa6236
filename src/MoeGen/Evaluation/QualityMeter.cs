namespace MoeGen.Evaluation;

/// <summary>
/// Perplexity of a model on a text, and its agreement with the exact model: two streams of logits go in, token by token, and figures come
/// out at any time. One thread at a time.
/// </summary>
internal sealed class QualityMeter
{
    private readonly double[] _divergences; // [capacity]
    private double _exactLoss;
    private double _loss;
    private double _divergence;
    private int _agreements;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">Most tokens that will be added.</param>
    public QualityMeter(int capacity)
    {
        _divergences = new double[capacity];
    }

    /// <summary>Tokens so far.</summary>
    public int NumTokens { get; private set; }

    /// <summary>Mean negative log probability of a token under the exact model, nats; NaN without tokens, as all means are.</summary>
    public double ExactLoss => _exactLoss / NumTokens;

    /// <summary>The same under the model under test, nats.</summary>
    public double Loss => _loss / NumTokens;

    /// <summary>Perplexity of the exact model, <c>exp(loss)</c>.</summary>
    public double ExactPerplexity => Math.Exp(ExactLoss);

    /// <summary>Perplexity of the model under test.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>Share of tokens after which both find the same token most probable.</summary>
    public double Agreement => _agreements / (double)NumTokens;

    /// <summary>Mean of KL(exact || model), nats.</summary>
    public double Divergence => _divergence / NumTokens;

    /// <summary>Compares the logits after one token and adds what it finds. Allocates nothing.</summary>
    /// <inheritdoc cref="TokenQuality.Of"/>
    /// <exception cref="InvalidOperationException">The meter is full.</exception>
    public void Add(ReadOnlySpan<float> exact, ReadOnlySpan<float> logits, int token) => Add(TokenQuality.Of(exact, logits, token));

    /// <summary>Adds one token.</summary>
    /// <param name="token">What was found of it.</param>
    /// <exception cref="InvalidOperationException">The meter is full.</exception>
    public void Add(in TokenQuality token)
    {
        if (NumTokens == _divergences.Length)
        {
            throw new InvalidOperationException($"The meter was made for {NumTokens} tokens, and one more has come.");
        }

        _divergences[NumTokens++] = token.Divergence;
        _exactLoss += token.ExactLoss;
        _loss += token.Loss;
        _divergence += token.Divergence;
        _agreements += token.Agrees ? 1 : 0;
    }

    /// <summary>The divergence that a share of the tokens does not exceed, by nearest rank, nats; NaN without tokens.</summary>
    /// <param name="share">Above 0, up to 1: 0.95 for the 95th percentile.</param>
    public double DivergencePercentile(double share) =>
        Percentile.Of(new ArraySegment<double>(_divergences, 0, NumTokens), share);
}
