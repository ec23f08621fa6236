using MoeGen.Engine;
using MoeGen.Evaluation;

namespace MoeGen.Planning;

/// <summary>
/// Tries configurations on some texts: each is a run of the real engine, decode step by decode step, that is compared with the exact model.
/// </summary>
internal sealed class SwapTrial : IDisposable
{
    private readonly PlannedModel _planned;
    private readonly MoeOptions _options;
    private readonly int[][] _texts; // [texts][tokens]
    private readonly int _promptLength;
    private readonly ReferenceLogits _exact;

    private SwapTrial(PlannedModel planned, MoeOptions options, int[][] texts, int promptLength)
    {
        _planned = planned;
        _options = options;
        _texts = texts;
        _promptLength = promptLength;
        _exact = new ReferenceLogits(planned.Info.VocabSize);
    }

    /// <summary>Runs the exact model on the texts, within the same budget.</summary>
    /// <param name="planned">The model.</param>
    /// <param name="options">How it runs, with the budget that is planned for.</param>
    /// <param name="texts">Ids, [texts][tokens].</param>
    /// <param name="promptLength">Tokens of each that are read at once.</param>
    /// <param name="observer">Hears its routing; null: nobody.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static SwapTrial Start(
        PlannedModel planned, MoeOptions options, int[][] texts, int promptLength, IRoutingObserver? observer,
        CancellationToken cancellationToken)
    {
        SwapTrial trial = new(planned, options, texts, promptLength);
        try
        {
            using MoeModel model = planned.Load(options with { Offloading = Offloading.Lru() }, cancellationToken);
            using TextWalk walk = new(model, promptLength) { Observer = observer };
            foreach (int[] text in texts)
            {
                walk.Start(text);
                while (walk.MoveNext(cancellationToken))
                {
                    trial._exact.Add(walk.Logits);
                }
            }

            return trial;
        }
        catch
        {
            trial.Dispose();
            throw;
        }
    }

    /// <summary>Runs one configuration.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="offloading">The method with this configuration.</param>
    /// <param name="cancellationToken">Stops.</param>
    public SwapRun Run(SwapConfiguration configuration, Offloading offloading, CancellationToken cancellationToken)
    {
        using MoeModel model = _planned.Load(_options with { Offloading = offloading }, cancellationToken);
        using TextWalk walk = new(model, _promptLength);
        QualityMeter meter = new(_exact.Count);
        DecodeTimer timer = new(model, _exact.Count);
        foreach (int[] text in _texts)
        {
            timer.ReadPrompt(walk, text, cancellationToken);
            do
            {
                meter.Add(_exact.Read(meter.NumTokens), walk.Logits, walk.NextToken);
            }
            while (timer.MoveNext(walk, cancellationToken));
            timer.End();
        }

        QualitySample sample = new(configuration, meter.Agreement, meter.Divergence);
        return new SwapRun(sample, timer.Figures()!.TpotMs, model.MemoryPlan, model.Statistics);
    }

    /// <inheritdoc/>
    public void Dispose() => _exact.Dispose();
}
