using System.CommandLine;
using MoeGen.Cli.Models;
using MoeGen.Cli.Output;
using MoeGen.Planning;

namespace MoeGen.Cli.Commands;

/// <summary>`moegen plan MODEL --budget B`: finds out how many Virtual Experts each layer should have, for `--offload swapmoe --plan`.</summary>
internal sealed class PlanCommand
{
    private const int DefaultTokens = 256;

    private readonly Argument<string> _model = new("MODEL") { Description = "A Hugging Face folder, or the name of a model." };

    private readonly Option<ByteSize?> _budget = RunOptions.Size(
        "--budget", "Memory budget to plan for, e.g. 3GiB or 800MB; the model stays within it while the plan is made.", "3GiB, 800MB");

    private readonly Option<string[]> _texts = new("--text")
    {
        Description = "Text files like those that the model will work on; default: texts that the model writes itself.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int?> _samples = RunOptions.AtLeast(
        "--samples", $"Random allocations to run; default: {PlannerOptions.DefaultSamples}.", PlannerOptions.LeastSamples);

    private readonly Option<int?> _tokens = RunOptions.AtLeast(
        "--tokens", $"Tokens that each of these runs decodes; default: {DefaultTokens}.", SampleTexts.LeastTokens);

    private readonly Option<int?> _seed = RunOptions.AtLeast("--seed", "Seed of all that is drawn; default: 1.", 0);

    private readonly Option<bool> _compare = new("--compare")
    {
        Description = "Runs the plan and an even allocation on text that the plan was not made with.",
    };

    private readonly Option<string?> _output = new("--output", "-o") { Description = "JSON file to write the plan to.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly RunOptions _runOptions = new();
    private readonly CliStreams _streams;

    private PlanCommand(CliStreams streams)
    {
        _streams = streams;
    }

    public static Command Create(CliStreams streams)
    {
        PlanCommand plan = new(streams);
        plan._budget.Required = true;
        Command command = new("plan", "Plans SwapMoE: how many Virtual Experts each layer gets of a memory budget.")
        {
            plan._model, plan._budget, plan._texts, plan._samples, plan._tokens, plan._seed, plan._compare, plan._output, plan._json,
            plan._runOptions.Threads, plan._runOptions.Context,
        };
        CommandLine.SetAction(command, plan.Run);
        return command;
    }

    private void Run(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelFolder folder = ModelFolder.Find(parsed.GetValue(_model)!);
        string? output = parsed.GetValue(_output);
        if (output is not null)
        {
            OutputFile.Check(output);
        }

        ModelFactory factory = ModelLoader.FindFactory(folder, _streams);
        PlannedModel planned = new(factory.Info, (options, cancellation) => factory.Load(folder.Path, options, cancellation));
        MoeOptions options = new()
        {
            Threads = parsed.GetValue(_runOptions.Threads),
            ContextLength = parsed.GetValue(_runOptions.Context),
            MemoryBudget = parsed.GetValue(_budget),
        };
        PlannerOptions choices = new()
        {
            Samples = parsed.GetValue(_samples) ?? PlannerOptions.DefaultSamples,
            Seed = parsed.GetValue(_seed) ?? 1,
            Compares = parsed.GetValue(_compare),
        };
        SwapPlanner.Check(planned, options);
        SampleTexts texts = new(parsed.GetValue(_texts) ?? [], parsed.GetValue(_tokens) ?? DefaultTokens, choices.Seed);
        PlanResult result;
        using (PlanProgressLine progress = new(_streams))
        {
            PlanTexts samples = texts.Read(planned, options, choices.Compares, progress, cancellationToken);
            result = new SwapPlanner(planned, options, samples, choices, progress).Run(cancellationToken);
        }

        if (output is not null)
        {
            result.Plan.Save(output);
        }

        PlanReport report = new(folder, factory.Info, result, texts, output);
        if (parsed.GetValue(_json))
        {
            report.WriteJson(_streams);
        }
        else
        {
            report.WriteText(_streams);
        }
    }
}
