using System.CommandLine;
using MoeGen.Benchmarks.Report;
using MoeGen.Benchmarks.Searching;
using MoeGen.Benchmarks.Setup;
using MoeGen.Cli.Output;
using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Benchmarks;

/// <summary>`expert-maps`: what a decoded token costs FineMoE's own thread, with small and large stores.</summary>
internal static class ExpertMapsCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks -- expert-maps";

    private static readonly int[] s_capacities = [1_000, 32_000];

    public static Command Create()
    {
        Option<string> docs = SharedOptions.Docs();
        Command command = new("expert-maps", "Times the search of expert maps, and writes docs/expert-maps.md.") { docs };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = Path.Combine(parsed.DocsFolder(docs), "expert-maps.md");
            await WriteAsync(path, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        MarkdownTable times = new("maps in the store", "decoded token, ms", "of these the semantic search, ms", "store, MB");
        foreach (int capacity in s_capacities)
        {
            Console.Error.WriteLine($"filling and searching {capacity} maps");
            SearchTimes measured = MapSearch.Measure(capacity, cancellationToken);
            times.Add(
                $"{capacity}", Format.Digits(measured.PassMs), Format.Digits(measured.StartMs), Format.Digits(measured.StoreBytes / 1e6));
        }

        Console.Error.WriteLine("searching the demo model's maps");
        using WorkFolder work = WorkFolder.Open(null);
        NarrowedSearch narrowed = new(new MoegenTool(work.Path), work, RepositoryFolders.Texts);
        await narrowed.RunAsync(cancellationToken);
        MarkdownTable found = new("search", "best of all, mean cosine", "found, mean cosine", "as like as the best, %");
        foreach ((string name, FoundMaps maps) in new[] { ("semantic", narrowed.Semantic), ("trajectory", narrowed.Trajectory) })
        {
            found.Add(name, $"{maps.ExactScore:f4}", $"{maps.FoundScore:f4}", $"{100 * maps.SameShare:f1}");
        }

        WholeFile.Write(path, $"""
            # Searching expert maps

            Written by `{Program}`; do not edit.

            ## What a search costs

            {MapSearch.Shape}; random embeddings and distributions, a full store, medians of {MapSearch.Passes} decoded tokens, search,
            selection and replacement included. One thread of {Machine.Describe()["processor"]}, {Machine.Describe()["dotnet"]}. The model
            does not wait for it: its own thread copies the logits and goes on.

            {times}
            ## What narrowing loses

            Above {ExpertMapOptions.DefaultExactSearchLimit} maps a search looks at the likely ones. Here {narrowed.NumMaps} maps of the demo
            model, its own for the texts of this folder's benchmark, searched for {narrowed.NumQueries} tokens of other parts of the texts;
            trajectories by all layers but the last.

            {found}
            """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n");
        Console.Error.WriteLine($"{path}: written");
    }
}
