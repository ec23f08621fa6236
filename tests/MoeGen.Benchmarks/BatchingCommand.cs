using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Batching;
using MoeGen.Benchmarks.Setup;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks;

/// <summary>`batching`: what several sequences gain that decode together; writes docs/batching.md.</summary>
internal sealed class BatchingCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks -- batching";
    private const string Demo = "demo";

    private readonly Option<string[]> _models = new("--model")
    {
        Description = $"A model, several for several; default: {Demo}.",
        HelpName = "MODEL",
    };

    private readonly Option<int[]> _threads = SharedOptions.Threads();
    private readonly Option<int?> _rounds = SharedOptions.Rounds();
    private readonly Option<string> _docs = SharedOptions.Docs();

    public static Command Create()
    {
        BatchingCommand batching = new();
        Command command = new("batching", "Measures several sequences that decode together, and writes docs/batching.md.")
        {
            batching._models, batching._threads, batching._rounds, batching._docs,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string[] models = parsed.GetValue(batching._models) is { Length: > 0 } given ? given : [Demo];
            int[] threads = parsed.ThreadCounts(batching._threads);
            int rounds = parsed.GetValue(batching._rounds) ?? SharedOptions.DefaultRounds;
            List<BatchRun> runs = await MeasureAsync(models, threads, rounds, cancellationToken);
            JsonObject machine = Machine.Describe();
            string path = Path.Combine(parsed.DocsFolder(batching._docs), "batching.md");
            WholeFile.Write(path, $"""
                # Sequences that decode together

                Written by `{Program}`; do not edit. `moegen bench MODEL --sequences N` with every weight in memory: {BatchRun.PromptTokens} tokens of prompt each,
                {BatchRun.DecodedTokens} decoded ones; medians of {rounds} round(s), each second one in reverse order, on {machine["processor"]}, {machine["cores"]} cores,
                {machine["dotnet"]}.

                A step reads what lies outside the experts once, and each expert that any of its tokens chose once. The gain that this allows is the number of
                sequences by how many more bytes their step needs than a step of one.

                {BatchTable.Of(runs)}
                """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
            Console.Error.WriteLine($"{path}: written");
            return 0;
        });
        return command;
    }

    private static async Task<List<BatchRun>> MeasureAsync(string[] models, int[] threadCounts, int rounds, CancellationToken cancellationToken)
    {
        using WorkFolder work = WorkFolder.Open(null);
        MoegenTool tool = new(work.Path);
        List<BatchRun> runs = [];
        for (int round = 0; round < rounds; round++)
        {
            IEnumerable<(string Model, int Threads, int Sequences)> all =
                from model in models from threads in threadCounts from sequences in BatchRun.SequenceCounts select (model, threads, sequences);
            foreach ((string model, int threads, int sequences) in round % 2 == 0 ? all : all.Reverse())
            {
                BatchRun run = await BatchRun.MeasureAsync(tool, model, threads, sequences, cancellationToken);
                runs.Add(run);
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round + 1}, {run.Model}, {threads} thread(s), {sequences} sequence(s): {run.TokensPerSecond:f1} tokens/s"));
            }
        }

        return runs;
    }
}
