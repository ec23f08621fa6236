using MoeGen.Cli.Output;
using MoeGen.Evaluation;
using MoeGen.Weights;

namespace MoeGen.Cli.Evaluation;

/// <summary>
/// Runs models over the same texts: first the exact one, whose logits and continuations are kept, then each method that is compared with
/// it. A method runs in decode steps, because one that is not exact decides anew in each; the exact model runs in chunks, which have the
/// same bits.
/// </summary>
/// <param name="domains">The texts.</param>
/// <param name="settings">How they are cut.</param>
/// <param name="logits">Where the exact model's logits go and come from; null: no method follows.</param>
/// <param name="streams">Where the progress goes.</param>
internal sealed class Evaluator(
    IReadOnlyList<TextDomain> domains, EvaluationSettings settings, ReferenceLogits? logits, CliStreams streams)
{
    /// <summary>What all texts together are called.</summary>
    public const string All = "all";

    // logits of a chunk are kept at once: 64 rows of a vocabulary of 150,000 take 38 MB
    private const int Chunk = 64;

    private readonly List<int[]> _exactContinuations = [];
    private WeightFormat _exactFormat;

    private int NumTokens => domains.Sum(domain => domain.NumTokens);

    /// <summary>Runs the exact model.</summary>
    public MethodResult RunExact(MoeModel model, CancellationToken cancellationToken)
    {
        _exactFormat = model.Info.WeightFormat;
        QualityMeter all = new(NumTokens);
        List<QualityMeter> meters = [];
        using (TextWalk walk = new(model, settings.PromptTokens, Chunk))
        {
            using ProgressLine progress = new(streams, "exact model");
            foreach (TextDomain domain in domains)
            {
                QualityMeter meter = new(domain.NumTokens);
                foreach (int[] window in domain.Windows)
                {
                    walk.Start(window);
                    while (walk.MoveNext(cancellationToken))
                    {
                        logits?.Add(walk.Logits);
                        Add(meter, all, TokenQuality.Of(walk.Logits, walk.Logits, walk.NextToken));
                    }

                    Report(progress, all);
                }

                meters.Add(meter);
            }
        }

        if (logits is not null)
        {
            _exactContinuations.AddRange(Continue(model, "exact model", cancellationToken));
        }

        return Result(model, "exact", isExact: true, meters, all, _exactContinuations);
    }

    /// <summary>Runs a method, after the exact model.</summary>
    /// <param name="model">The model under the method.</param>
    /// <param name="offloading">The method.</param>
    /// <param name="cancellationToken">Stops between two layers.</param>
    public MethodResult RunMethod(MoeModel model, Offloading offloading, CancellationToken cancellationToken)
    {
        // nothing is offloaded where everything fits
        string name = offloading.IsExact && model.MemoryPlan.IsResident ? Offloading.Resident().Name : offloading.Name;
        bool hasExactWeights = model.Info.WeightFormat == _exactFormat || model.Info.WeightFormat == WeightFormat.F32;
        bool isExact = offloading.IsExact && model.KeyValueFormat == KeyValueFormat.F32 && hasExactWeights;
        name += model.Info.WeightFormat == _exactFormat ? "" : $", weights in {model.Info.WeightFormat}";
        name += model.KeyValueFormat == KeyValueFormat.F32 ? "" : $", KV cache in {model.KeyValueFormat}";
        QualityMeter all = new(NumTokens);
        List<QualityMeter> meters = [];
        DecodeTimer timer = new(model, NumTokens);
        using (TextWalk walk = new(model, settings.PromptTokens))
        {
            using ProgressLine progress = new(streams, name);
            foreach (TextDomain domain in domains)
            {
                QualityMeter meter = new(domain.NumTokens);
                foreach (int[] window in domain.Windows)
                {
                    timer.ReadPrompt(walk, window, cancellationToken);
                    do
                    {
                        ReadOnlySpan<float> exact = logits!.Read(all.NumTokens);
                        Add(meter, all, TokenQuality.Of(exact, walk.Logits, walk.NextToken));
                    }
                    while (timer.MoveNext(walk, cancellationToken));
                    timer.End();
                    Report(progress, all);
                }

                meters.Add(meter);
            }
        }

        IReadOnlyList<int[]> continuations = Continue(model, name, cancellationToken);
        return Result(model, name, isExact, meters, all, continuations) with
        {
            Decode = timer.Figures(),
            PeakBytes = ProcessMemory.PeakSinceReset(),
        };
    }

    private static void Add(QualityMeter meter, QualityMeter all, in TokenQuality token)
    {
        meter.Add(token);
        all.Add(token);
    }

    private void Report(ProgressLine progress, QualityMeter all) => progress.Report(all.NumTokens, NumTokens, $"{NumTokens} tokens");

    private List<int[]> Continue(MoeModel model, string name, CancellationToken cancellationToken)
    {
        SamplingOptions sampling = SamplingOptions.Greedy with { MaxTokens = settings.ContinuationTokens, IgnoreEos = true };
        int[][] prompts = [.. domains.SelectMany(domain => domain.Prompts)];
        List<int[]> continuations = [];
        using ProgressLine progress = new(streams, name);
        foreach (int[] prompt in prompts)
        {
            List<int> tokens = [];
            using TextGeneration generation = model.Generate(prompt, sampling);
            while (generation.MoveNext(cancellationToken))
            {
                tokens.Add(generation.Token);
            }

            continuations.Add([.. tokens]);
            progress.Report(continuations.Count, prompts.Length, $"{prompts.Length} continuations");
        }

        return continuations;
    }

    private MethodResult Result(
        MoeModel model, string method, bool isExact, IReadOnlyList<QualityMeter> meters, QualityMeter all,
        IReadOnlyList<int[]> continuations)
    {
        List<DomainQuality> results = [];
        int first = 0;
        for (int i = 0; i < domains.Count; i++)
        {
            int count = Math.Min(domains[i].Prompts.Length, continuations.Count - first);
            ContinuationMatch match = Match(continuations, first, count);
            results.Add(new DomainQuality(domains[i].Name, domains[i].NumBytes, meters[i], match));
            first += count;
        }

        DomainQuality sum = new(All, domains.Sum(domain => domain.NumBytes), all, Match(continuations, 0, continuations.Count));
        return new MethodResult(method, isExact, model.MemoryPlan, results, sum) { Format = model.Info.WeightFormat };
    }

    private ContinuationMatch Match(IReadOnlyList<int[]> continuations, int first, int count) =>
        Enumerable.Range(first, count)
            .Select(i => ContinuationMatch.Of(_exactContinuations[i], continuations[i]))
            .Aggregate(default(ContinuationMatch), (sum, match) => sum.Plus(match));
}
