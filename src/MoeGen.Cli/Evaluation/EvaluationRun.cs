using MoeGen.Cli.Commands;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Evaluation;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Evaluation;

/// <summary>Loads one model after the other, the exact one first, and lets them run over the same texts: never are two in memory.</summary>
/// <param name="folder">The model.</param>
/// <param name="texts">The texts.</param>
/// <param name="settings">How much of them is looked at.</param>
/// <param name="streams">Where progress and notes go.</param>
/// <param name="temporaryFolder">Where the exact model's logits are kept meanwhile.</param>
internal sealed class EvaluationRun(
    ModelFolder folder, IReadOnlyList<TextFile> texts, EvaluationSettings settings, CliStreams streams, string temporaryFolder)
{
    // of the exact model, and of formats, which are to differ from it in nothing else
    private static readonly Offloading s_plain = Offloading.Lru();

    /// <summary>Runs the exact model and the methods.</summary>
    /// <param name="options">How to run, and the methods and formats that are compared with the exact model; there may be none.</param>
    /// <param name="cancellationToken">Stops between two layers.</param>
    /// <exception cref="CliException">A text or the model cannot be evaluated, or the disk is too small for the logits.</exception>
    /// <exception cref="MemoryBudgetTooSmallException">A method does not run in its budget; known before anything has run.</exception>
    public EvaluationReport Compare(MethodOptions options, CancellationToken cancellationToken)
    {
        MethodResult exact;
        EvaluationReport report;
        Evaluator evaluator;
        ReferenceLogits? logits = null;
        try
        {
            // what the machine has, whatever the methods get: an exact method under any budget has the same bits
            MoeOptions exactOptions = options.Common with
            {
                MemoryBudget = null,
                Offloading = s_plain,
                KeyValueFormat = KeyValueFormat.F32,
            };
            using (MoeModel model = ModelLoader.Load(folder, exactOptions, streams, out _, cancellationToken))
            {
                Check(model, options);
                TextDomain[] domains = [.. texts.Select(text => TextDomain.Of(text, model, settings))];
                if (options.Methods.Count + options.Formats.Count > 0)
                {
                    long freeBytes = new DriveInfo(Path.GetFullPath(temporaryFolder)).AvailableFreeSpace;
                    CheckRoom(domains.Sum(domain => (long)domain.NumTokens), model.Info.VocabSize, temporaryFolder, freeBytes);
                    logits = new ReferenceLogits(model.Info.VocabSize, temporaryFolder);
                }

                evaluator = new Evaluator(domains, settings, logits, streams);
                exact = evaluator.RunExact(model, cancellationToken);
                report = new EvaluationReport(
                    folder, model.Info, model.Threads, model.ContextLength, options.Common.MemoryBudget, settings, exact, []);
            }

            List<MethodResult> results = [];
            IEnumerable<(Offloading Method, WeightFormat? Format)> methods = options.Methods.Select(method => (method, default(WeightFormat?)));
            foreach ((Offloading method, WeightFormat? format) in methods.Concat(options.Formats.Select(format => (s_plain, (WeightFormat?)format))))
            {
                ProcessMemory.ResetPeak();
                using MoeModel model = ModelLoader.Load(
                    folder, options.Common with { Offloading = method }, streams, out _, cancellationToken, format);
                results.Add(evaluator.RunMethod(model, method, cancellationToken));
            }

            return report with { Methods = results };
        }
        finally
        {
            logits?.Dispose();
        }
    }

    /// <summary>Refuses a disk that the exact model's logits do not fit on, before anything runs.</summary>
    /// <param name="numRows">Tokens.</param>
    /// <param name="vocabSize">Logits of a token.</param>
    /// <param name="folder">Where they go.</param>
    /// <param name="freeBytes">Bytes that are free there.</param>
    /// <exception cref="CliException">They do not fit.</exception>
    internal static void CheckRoom(long numRows, int vocabSize, string folder, long freeBytes)
    {
        long bytes = numRows * vocabSize * sizeof(float);
        if (bytes > freeBytes)
        {
            throw new CliException(
                $"{folder}: has {freeBytes} bytes free ({new ByteSize(freeBytes)}); expected {bytes} ({new ByteSize(bytes)}) "
                + $"for the logits of {numRows} tokens, with which the methods are compared. "
                + "Use fewer --tokens, or name another folder in TMPDIR.");
        }
    }

    private void Check(MoeModel model, MethodOptions options)
    {
        if (model.Info.HasEncoder)
        {
            throw new CliException($"{folder.Name}: has an encoder; expected a model that continues its prompt");
        }

        if (!model.HasTokenizer)
        {
            throw new CliException(
                $"{texts[0].Path}: cannot be read as tokens, because the model's folder has no tokenizer.json; "
                + $"expected one in {folder.Path}");
        }

        if (settings.PromptTokens >= model.ContextLength)
        {
            throw new CliException(
                $"{settings.PromptTokens} prompt tokens leave nothing to foresee; "
                + $"expected less than {model.ContextLength}, the context length, see --prompt-tokens");
        }

        foreach (Offloading method in options.Methods)
        {
            _ = MemoryPlan.For(model.Info, options.Common with { Offloading = method });
        }

        foreach (WeightFormat format in options.Formats)
        {
            ModelInfo info = SpecInfo.Of(folder.ReadSpec(streams, format), folder.Name);
            _ = MemoryPlan.For(info, options.Common with { Offloading = s_plain });
        }
    }
}
