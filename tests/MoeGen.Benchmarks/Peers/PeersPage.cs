using MoeGen.Benchmarks.Report;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks.Peers;

/// <summary>docs/peers.md, from the results alone.</summary>
/// <param name="results">What was measured.</param>
/// <param name="command">The command that the page is written by.</param>
internal sealed class PeersPage(PeersResults results, string command)
{
    /// <summary>Writes the page, and prints it.</summary>
    /// <param name="path">Where.</param>
    public void Write(string path)
    {
        string text = Text();
        WholeFile.Write(path, text);
        Console.Out.Write(text);
        Console.Error.WriteLine($"{path}: written");
    }

    internal string Text() => $"""
        # Beside llama.cpp and ik_llama.cpp

        Written by `{command}`; do not edit. Tokens per second with every weight in memory, on {results.Machine["processor"]}, {results.Machine["cores"]} cores, {results.Machine["dotnet"]};
        medians of rounds in which the programs take turns, each second one in reverse order. {Commits()} are compiled for this processor; what
        stands behind a number of theirs is the option that made it their best (none: the default). {InferenceEngine.NumDecoded} tokens are decoded behind no prompt, by MoeGen behind one token.

        Read: bytes of weights that a decoded token needs, per second, as a share of what a loop reads beside it that does nothing else; of MoeGen, and of the others in their order. Where
        a model lies in the caches, it is above 100; where it does not, what a program leaves of 100 is all by which another one can be ahead of it.

        {Table()}
        """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";

    private string Commits() => string.Join(
        " and ",
        from run in results.Runs
        where run[LlamaBench.CommitKey] is not null
        group run by PeerRun.Of(run).Engine into runs
        select $"{runs.Key} ({runs.First()[LlamaBench.CommitKey]})");

    private MarkdownTable Table()
    {
        string[] peers = [.. Peers()];
        MarkdownTable table = new(
            ["model", "format", "threads", "rounds", "tokens/s", MoegenEngine.EngineName, .. peers, .. peers.Select(peer => $"× {peer}"), "read, %"]);
        foreach ((string model, string format, int threads) in Models())
        {
            foreach (string key in Measures(model))
            {
                double? ours = results.MedianOf(model, threads, MoegenEngine.EngineName, "", key);
                (double Value, string Setting)?[] theirs = [.. peers.Select(peer => results.BestOf(model, threads, peer, key))];
                string read = key == InferenceEngine.DecodeKey ? ReadShares(model, threads, [ours, .. theirs.Select(best => best?.Value)]) : "";
                table.Add(
                    [
                        model, format, Format.Number(threads), Format.Number(results.NumRounds(model, threads)), key.Replace('_', ' '),
                        Number(ours), .. theirs.Select(Best), .. theirs.Select(best => Number(ours / best?.Value)), read,
                    ]);
            }
        }

        return table;
    }

    private IEnumerable<string> Peers() =>
        results.Runs.Where(run => run[LlamaBench.CommitKey] is not null).Select(run => PeerRun.Of(run).Engine).Distinct().Order().Reverse();

    private IEnumerable<(string Model, string Format, int Threads)> Models() =>
        (from run in results.Runs
         let known = PeerRun.Of(run)
         where known.Engine == MoegenEngine.EngineName
         select (known.Model, (string)run["format"]!, known.Threads)).Distinct().OrderBy(model => model.Model).ThenBy(model => model.Threads);

    private string[] Measures(string model) =>
    [
        InferenceEngine.DecodeKey,
        .. results.Runs.First(run => PeerRun.Of(run) is { Engine: MoegenEngine.EngineName } known && known.Model == model).AsObject()
            .Select(property => property.Key).Where(key => key.StartsWith(InferenceEngine.PrefillPrefix, StringComparison.Ordinal)),
    ];

    private string ReadShares(string model, int threads, IEnumerable<double?> speeds)
    {
        double? bytes = results.MedianOf(model, threads, MoegenEngine.EngineName, "", "weight_bytes_per_step");
        double? limit = results.MedianOf(model, threads, PeersResults.ReadLoop, "", PeersResults.BytesPerSecondKey);
        return string.Join(" / ", speeds.Select(speed => speed * bytes / limit is { } share ? Format.Number(100 * share) : "–"));
    }

    private static string Best((double Value, string Setting)? best) =>
        best is not { } found ? "–" : Number(found.Value) + (found.Setting.Length == 0 ? "" : $" `{found.Setting}`");

    private static string Number(double? value) => value is { } number ? Format.Digits(number) : "–";
}
