using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MoeGen.Benchmarks.Measuring;
using MoeGen.Benchmarks.Report;
using MoeGen.Benchmarks.Results;
using MoeGen.Benchmarks.Setup;
using MoeGen.Benchmarks.Simulating;
using MoeGen.Cli.Commands;

namespace MoeGen.Benchmarks;

/// <summary>`offloading`: measures and simulates the offloading methods, and writes docs/offloading.md.</summary>
internal sealed class OffloadingCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks --";
    private const int DefaultPromptTokens = 48; // about as many as in the paper's main test (arXiv 2502.05370)
    private const int DefaultTokens = 48;
    private const int DefaultRuns = 3;

    private static readonly int[] s_defaultPercents = [75, 50, 35, 20];

    private readonly Option<string?> _work = SharedOptions.Work();

    private readonly Option<ByteSize?> _expertBytes = RunOptions.Size(
        "--expert-bytes", $"Bytes of an expert; default: {new ByteSize(WideModel.DefaultExpertBytes)}.", "36MB, 9MiB");

    private readonly Option<int[]> _budgets = new("--budgets")
    {
        Description = $"Shares of the experts that fit into memory, in percent; default: {DefaultPercents}.",
        HelpName = "PERCENTS",
        CustomParser = ParsePercents,
    };

    private readonly Option<string[]> _methods = new("--methods")
    {
        Description = "Methods to measure; default: all.",
        HelpName = "NAMES",
        CustomParser = ParseNames,
    };

    private readonly Option<int?> _rounds = SharedOptions.Rounds();
    private readonly Option<int?> _promptTokens = RunOptions.Positive(
        "--prompt-tokens", $"Tokens of each prompt; default: {DefaultPromptTokens}.");

    private readonly Option<int?> _tokens = RunOptions.AtLeast(
        "--tokens", $"Tokens to generate behind each prompt; default: {DefaultTokens}.", 2);

    private readonly Option<int?> _runs = RunOptions.Positive(
        "--runs", $"Counted prompts of each measurement, behind one that is not; default: {DefaultRuns}.");

    private readonly Option<string[]> _texts = new("--text")
    {
        Description = "Text files that prompts are cut from; default: those beside this program's source.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _docs = SharedOptions.Docs();
    private readonly Option<bool> _continue = new("--continue") { Description = "Goes on with a measurement that was interrupted." };

    private readonly Option<bool> _skipMeasurement = SharedOptions.SkipMeasurement(
        "Takes what was measured last; with --continue, what was measured before an interruption.");

    private readonly Option<bool> _skipSimulation = new("--skip-simulation") { Description = "Takes what was simulated last." };

    private static string DefaultPercents => string.Join(',', s_defaultPercents);

    public static Command Create()
    {
        OffloadingCommand offloading = new();
        Command command = new("offloading", "Compares the offloading methods, measured and simulated, and writes docs/offloading.md.")
        {
            offloading._work, offloading._expertBytes, offloading._budgets, offloading._methods, offloading._rounds,
            offloading._promptTokens, offloading._tokens, offloading._runs, offloading._texts, offloading._docs, offloading._continue,
            offloading._skipMeasurement, offloading._skipSimulation,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(offloading.Read(parsed), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(OffloadingSettings settings, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(settings.DocsFolder, "offloading");
        ResultsFile results = settings.SkipsMeasurement
            ? ResultsFile.Open(folder, takesPartial: settings.Continues)
            : ResultsFile.StartMeasurement(folder, settings.Continues);
        using (WorkFolder work = WorkFolder.Open(settings.WorkFolder))
        {
            MoegenTool tool = new(work.Path);
            if (!settings.SkipsMeasurement)
            {
                WideModel model = await WideModel.CreateAsync(tool, work, settings.ExpertBytes, cancellationToken);
                MapHistory history = new(settings, tool, work, model);
                await new Measurement(settings, tool, model, history, results).RunAsync(cancellationToken);
            }

            if (!settings.SkipsSimulation)
            {
                await new OffloadingSimulation(settings, tool, work, results).RunAsync(cancellationToken);
            }
        }

        if (!settings.SkipsMeasurement)
        {
            results.Complete();
        }

        new OffloadingPage(results, settings.Command).Write(settings.DocsFolder);
        return 0;
    }

    private OffloadingSettings Read(ParseResult parsed) => new()
    {
        // options that only say how to get to the same page are no part of it
        Command = string.Join(' ', [Program, "offloading", .. GivenOptions(parsed)]),
        WorkFolder = parsed.GetValue(_work),
        ExpertBytes = parsed.GetValue(_expertBytes) ?? new ByteSize(WideModel.DefaultExpertBytes),
        BudgetPercents = parsed.GetValue(_budgets) is { Length: > 0 } percents ? percents : s_defaultPercents,
        Methods = parsed.GetValue(_methods) is { Length: > 0 } methods ? methods : MeasurementPlan.AllMethods,
        Rounds = parsed.GetValue(_rounds) ?? SharedOptions.DefaultRounds,
        PromptTokens = parsed.GetValue(_promptTokens) ?? DefaultPromptTokens,
        Tokens = parsed.GetValue(_tokens) ?? DefaultTokens,
        Runs = parsed.GetValue(_runs) ?? DefaultRuns,
        Texts = parsed.GetValue(_texts) is { Length: > 0 } texts ? texts : RepositoryFolders.Texts,
        DocsFolder = parsed.DocsFolder(_docs),
        Continues = parsed.GetValue(_continue),
        SkipsMeasurement = parsed.GetValue(_skipMeasurement),
        SkipsSimulation = parsed.GetValue(_skipSimulation),
    };

    private IEnumerable<string> GivenOptions(ParseResult parsed)
    {
        foreach (Option option in (Option[])[_expertBytes, _budgets, _methods, _rounds, _promptTokens, _tokens, _runs, _texts])
        {
            if (parsed.GetResult(option) is { Implicit: false } result)
            {
                yield return option.Name;
                foreach (Token token in result.Tokens)
                {
                    yield return option == _texts ? Path.GetFileName(token.Value) : token.Value;
                }
            }
        }
    }

    private static string[]? ParseNames(ArgumentResult result)
    {
        string[] names = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
        if (names.FirstOrDefault(name => !MeasurementPlan.AllMethods.Contains(name)) is not { } unknown)
        {
            return names;
        }

        result.AddError($"--methods has {unknown}; expected some of {string.Join(", ", MeasurementPlan.AllMethods)}.");
        return null;
    }

    private static int[]? ParsePercents(ArgumentResult result)
    {
        List<int> percents = [];
        foreach (string text in result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(text, CultureInfo.InvariantCulture, out int percent) || percent is < 1 or > 99)
            {
                result.AddError($"--budgets has {text}; expected percentages from 1 to 99, such as {DefaultPercents}.");
                return null;
            }

            percents.Add(percent);
        }

        return [.. percents];
    }
}
