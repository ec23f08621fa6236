using System.CommandLine;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Setup;
using MoeGen.Benchmarks.TradeOffs;
using MoeGen.Cli.Commands;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks;

/// <summary>`trade-offs`: what methods that are not exact give and cost, beside exact ones in the same memory; writes docs/trade-offs.md.</summary>
internal sealed class TradeOffsCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks -- trade-offs";
    private const int DefaultTokens = 24;
    private const int PlanSamples = 8; // random allocations, besides those that the search asks for
    private const int PlanTokens = 48;

    private static readonly int[] s_budgetPercents = [50, 20];

    private readonly Option<string?> _work = SharedOptions.Work();

    private readonly Option<int?> _tokens = RunOptions.Positive(
        "--tokens", $"Tokens of each text that are foreseen in decode steps; default: {DefaultTokens}.");

    private readonly Option<int[]> _budgets = new("--budgets")
    {
        Description = $"Shares of the experts that fit into memory, in percent; default: {string.Join(' ', s_budgetPercents)}.",
        HelpName = "PERCENT",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> _docs = SharedOptions.Docs();

    private readonly Option<bool> _skipMeasurement = SharedOptions.SkipMeasurement();

    public static Command Create()
    {
        TradeOffsCommand tradeOffs = new();
        Command command = new("trade-offs", "Measures quality and speed of methods in the same memory, and writes docs/trade-offs.md.")
        {
            tradeOffs._work, tradeOffs._tokens, tradeOffs._budgets, tradeOffs._docs, tradeOffs._skipMeasurement,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string docs = parsed.DocsFolder(tradeOffs._docs);
            string results = Path.Combine(docs, "trade-offs", "results.json");
            if (!parsed.GetValue(tradeOffs._skipMeasurement))
            {
                int[] budgets = parsed.GetValue(tradeOffs._budgets) is { Length: > 0 } given ? given : s_budgetPercents;
                int tokens = parsed.GetValue(tradeOffs._tokens) ?? DefaultTokens;
                JsonObject measured = await MeasureAsync(parsed.GetValue(tradeOffs._work), budgets, tokens, cancellationToken);
                Directory.CreateDirectory(Path.GetDirectoryName(results)!);
                WholeFile.Write(results, measured.ToJsonString() + "\n");
            }

            new TradeOffsPage(JsonNode.Parse(File.ReadAllText(results))!.AsObject(), Program).Write(docs);
            return 0;
        });
        return command;
    }

    private static async Task<JsonObject> MeasureAsync(string? folder, int[] budgets, int tokens, CancellationToken cancellationToken)
    {
        using WorkFolder work = WorkFolder.Open(folder);
        MoegenTool tool = new(work.Path);
        WideModel model = await WideModel.CreateAsync(tool, work, new ByteSize(WideModel.DefaultExpertBytes), cancellationToken);
        JsonArray evaluations = [];
        foreach (int percent in budgets)
        {
            long budget = model.BudgetFor(percent);
            string plan = work[$"plan-{percent}.json"];
            Console.Error.WriteLine($"planning Virtual Experts for {percent} % of the experts");
            await tool.RunAsync(
                [
                    // made of what the model writes by itself: the texts of the comparison are not to be known to a plan
                    "plan", model.Folder, "--budget", $"{budget}", "-o", plan, "--samples", $"{PlanSamples}", "--tokens", $"{PlanTokens}",
                ],
                cancellationToken);
            Console.Error.WriteLine($"evaluating methods with {percent} % of the experts");
            string[] methods =
            [
                .. TradeOffMethods.All.SelectMany(
                    method => new[] { "--offload", method.Text.Replace(TradeOffMethods.PlanFile, plan, StringComparison.Ordinal) }),
            ];
            JsonObject evaluation = (await tool.RunAsync(
                [
                    "eval", model.Folder, "--text", .. RepositoryFolders.Texts, "--budget", $"{budget}", "--tokens", $"{tokens}",
                    "--continuations", "0", .. methods,
                ],
                cancellationToken)).Json;
            foreach ((JsonNode? found, TradeOffMethod method) in evaluation["methods"]!.AsArray().Zip(TradeOffMethods.All))
            {
                // where a plan lay says nothing to readers
                found!["offload"] = method.Text;
            }

            evaluation.Remove("model");
            evaluation["percent"] = percent;
            evaluations.Add(evaluation);
        }

        return new JsonObject { ["machine"] = Machine.Describe(), ["expert_bytes"] = WideModel.DefaultExpertBytes, ["evaluations"] = evaluations };
    }
}
