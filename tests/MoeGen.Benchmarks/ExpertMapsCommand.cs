using System.CommandLine;
using MoeGen.Benchmarks.Report;
using MoeGen.Benchmarks.Results;
using MoeGen.Benchmarks.Searching;
using MoeGen.Benchmarks.Setup;

namespace MoeGen.Benchmarks;

/// <summary>`expert-maps`: what a decoded token costs FineMoE's own thread, with small and large stores.</summary>
internal static class ExpertMapsCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks -- expert-maps";

    private static readonly int[] s_capacities = [1_000, 32_000];

    public static Command Create()
    {
        Option<string?> docs = new("--docs") { Description = "Folder of the page; default: docs.", HelpName = "DIR" };
        Command command = new("expert-maps", "Times the search of expert maps, and writes docs/expert-maps.md.") { docs };
        command.SetAction((parsed, cancellationToken) =>
        {
            Write(Path.Combine(parsed.GetValue(docs) ?? RepositoryFolders.Docs, "expert-maps.md"), cancellationToken);
            return Task.FromResult(0);
        });
        return command;
    }

    private static void Write(string path, CancellationToken cancellationToken)
    {
        MarkdownTable table = new("maps in the store", "decoded token, ms", "of these the semantic search, ms", "store, MB");
        foreach (int capacity in s_capacities)
        {
            Console.Error.WriteLine($"filling and searching {capacity} maps");
            SearchTimes times = MapSearch.Measure(capacity, cancellationToken);
            table.Add(
                $"{capacity}", Format.Digits(times.PassMs), Format.Digits(times.StartMs), Format.Digits(times.StoreBytes / 1e6));
        }

        WholeFile.Write(path, $"""
            # Searching expert maps

            Written by `{Program}`; do not edit. {MapSearch.Shape}; random embeddings and distributions, a full store, medians of
            {MapSearch.Passes} decoded tokens, search, selection and replacement included. One thread of {Machine.Describe()["processor"]},
            {Machine.Describe()["dotnet"]}. The model does not wait for it: its own thread copies the logits and goes on.

            {table}
            """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
        Console.Error.WriteLine($"{path}: written");
    }
}
