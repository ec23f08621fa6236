using MoeGen.Experts;
using MoeGen.Experts.Selection.Mobile;

namespace MoeGen.Evaluation;

/// <summary>
/// Looks for the smallest threshold of MoBiLE whose quality on some texts is still that of the exact model. Every trial is a run of its own:
/// what a step leaves in the cache depends on the threshold, and so does what follows. One thread at a time.
/// </summary>
/// <remarks>
/// Quality grows with the share of steps that run again, and the confidences of a run with half the experts everywhere say nearly which
/// steps those are; so the search halves the number of steps between a threshold that fails and one that does, not thresholds.
/// </remarks>
internal sealed class ThresholdSearch : IDisposable
{
    // the exact model gives the same bits in chunks, and is much quicker
    private const int ExactChunk = 16;

    // nearer than 1 / 64 of the steps, two thresholds differ by chance
    private const int Resolution = 64;

    private readonly MoeModel _model;
    private readonly BigLittle _selection;
    private readonly IReadOnlyList<int[]> _texts;
    private readonly int _promptLength;
    private readonly FallbackRule _rule;
    private readonly Action<int> _stepped;
    private readonly ReferenceLogits _exact; // [NumTokens]
    private readonly ReferenceLogits _little; // [NumTokens]
    private readonly float[] _confidences; // [NumTokens] of the steps with half the experts, ascending

    /// <summary>Makes a search; nothing has run.</summary>
    /// <param name="model">A model without an encoder.</param>
    /// <param name="selection">Its selection.</param>
    /// <param name="texts">Ids of texts that fit the context, each longer than the prompt and one more.</param>
    /// <param name="promptLength">Tokens of each text that are read at once, with all experts.</param>
    /// <param name="rule">How confidence is measured.</param>
    /// <param name="stepped">Hears of every token that has been run.</param>
    public ThresholdSearch(
        MoeModel model, BigLittle selection, IReadOnlyList<int[]> texts, int promptLength, FallbackRule rule, Action<int> stepped)
    {
        _model = model;
        _selection = selection;
        _texts = texts;
        _promptLength = promptLength;
        _rule = rule;
        _stepped = stepped;
        NumTokens = texts.Sum(text => TextWalk.NumStops(text.Length, promptLength) - 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(NumTokens, 1, nameof(texts));
        _exact = new ReferenceLogits(model.Info.VocabSize);
        _little = new ReferenceLogits(model.Info.VocabSize);
        _confidences = new float[NumTokens];
    }

    /// <summary>Most trials of <see cref="Find"/>.</summary>
    public static int MaxTrials => 1 + int.Log2(Resolution);

    /// <summary>Decode steps of a trial.</summary>
    public int NumTokens { get; }

    /// <summary>Perplexity of the exact model.</summary>
    public double ExactPerplexity { get; private set; }

    /// <summary>Mean of KL(half the experts everywhere || exact), nats.</summary>
    public double ExactLittleDivergence { get; private set; }

    /// <summary>Half the experts everywhere.</summary>
    public ThresholdTrial Little { get; private set; } = null!;

    /// <summary>Runs the exact model and the one with half the experts, which all trials are compared with.</summary>
    /// <param name="cancellationToken">Stops the run.</param>
    public void RunReferences(CancellationToken cancellationToken)
    {
        Walk(new MobileOptions { Rule = FallbackRule.AlwaysBig }, ExactChunk, (_, walk) => _exact.Add(walk.Logits), cancellationToken);
        QualityMeter meter = new(NumTokens);
        double exactDivergence = 0;
        MobileOptions options = new() { Rule = FallbackRule.AlwaysLittle };
        Walk(options, chunk: 1, (row, walk) =>
        {
            _little.Add(walk.Logits);
            _confidences[row] = Confidence.Of(_rule, walk.Logits);
            ReadOnlySpan<float> exact = _exact.Read(row);
            meter.Add(exact, walk.Logits, walk.NextToken);
            exactDivergence += TokenQuality.Of(walk.Logits, exact, walk.NextToken).Divergence;
        }, cancellationToken);
        Array.Sort(_confidences);
        ExactPerplexity = meter.ExactPerplexity;
        ExactLittleDivergence = exactDivergence / NumTokens;
        Little = new ThresholdTrial(options, FallbackShare: 0, meter.Perplexity, meter.Agreement, meter.Divergence, LittleDivergence: 0);
    }

    /// <summary>Runs the texts with a threshold.</summary>
    /// <param name="threshold">The threshold.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public ThresholdTrial Try(float threshold, CancellationToken cancellationToken) =>
        Try(new MobileOptions { Rule = _rule, Threshold = threshold }, cancellationToken);

    /// <summary>Runs the texts with any options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public ThresholdTrial Try(MobileOptions options, CancellationToken cancellationToken)
    {
        QualityMeter fromExact = new(NumTokens), fromLittle = new(NumTokens);
        OffloadingStatistics before = _model.Statistics;
        Walk(options, chunk: 1, (row, walk) =>
        {
            fromExact.Add(_exact.Read(row), walk.Logits, walk.NextToken);
            fromLittle.Add(_little.Read(row), walk.Logits, walk.NextToken);
        }, cancellationToken);
        double fallbackShare = _model.Statistics.Since(before).FallbackShare;
        return new ThresholdTrial(
            options, fallbackShare, fromExact.Perplexity, fromExact.Agreement, fromExact.Divergence, fromLittle.Divergence);
    }

    /// <summary>Finds the smallest threshold within a tolerance.</summary>
    /// <param name="tolerance">Tolerance, above 0.</param>
    /// <param name="known">Trials that have run already.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <returns>Its trial; with a threshold above 1 where only the exact model is good enough.</returns>
    public ThresholdTrial Find(double tolerance, IReadOnlyList<ThresholdTrial> known, CancellationToken cancellationToken)
    {
        if (Little.IsWithin(tolerance, ExactPerplexity))
        {
            return Little with { Options = new MobileOptions { Rule = _rule, Threshold = 0 } };
        }

        // steps below the threshold: with so many it fails, with so many it does
        int failing = 0, passing = NumTokens;
        ThresholdTrial? best = null;
        foreach (ThresholdTrial trial in known.OrderBy(trial => trial.Options.Threshold))
        {
            int steps = NumBelow(trial.Options.Threshold);
            if (trial.IsWithin(tolerance, ExactPerplexity))
            {
                (passing, best) = (steps, trial);
                break;
            }

            failing = steps;
        }

        while (passing - failing > Math.Max(1, NumTokens / Resolution))
        {
            int steps = (failing + passing) / 2;
            ThresholdTrial trial = Try(_confidences[steps], cancellationToken);
            if (trial.IsWithin(tolerance, ExactPerplexity))
            {
                (passing, best) = (steps, trial);
            }
            else
            {
                failing = steps;
            }
        }

        return best ?? Try(float.BitIncrement(1), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _exact.Dispose();
        _little.Dispose();
    }

    private int NumBelow(float threshold)
    {
        int index = Array.FindIndex(_confidences, confidence => !(confidence < threshold));
        return index < 0 ? NumTokens : index;
    }

    // the logits after a prompt are exact whatever the options: they do not count
    private void Walk(MobileOptions options, int chunk, Action<int, TextWalk> visit, CancellationToken cancellationToken)
    {
        _selection.Options = options;
        using TextWalk walk = new(_model, _promptLength, chunk);
        int row = 0;
        foreach (int[] text in _texts)
        {
            walk.Start(text);
            _ = walk.MoveNext(cancellationToken);
            while (walk.MoveNext(cancellationToken))
            {
                visit(row++, walk);
                _stepped(1);
            }
        }
    }
}
