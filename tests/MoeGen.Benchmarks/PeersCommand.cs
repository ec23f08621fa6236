using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Measuring;
using MoeGen.Benchmarks.Peers;
using MoeGen.Benchmarks.Setup;

namespace MoeGen.Benchmarks;

/// <summary>`peers`: MoeGen beside llama.cpp and ik_llama.cpp, which are built apart from this project; writes docs/peers.md.</summary>
internal sealed class PeersCommand
{
    private const string Program = "dotnet run -c Release --project tests/MoeGen.Benchmarks -- peers";

    private readonly Option<string[]> _models = new("--model")
    {
        Description = "A model as both sides read it, several for several.",
        HelpName = "FOLDER=FILE.gguf",
    };

    private readonly Option<string?> _llama = new("--llama") { Description = "llama-bench of llama.cpp.", HelpName = "FILE" };

    private readonly Option<string[]> _llamaSettings = SettingsOption("--llama-setting", "llama.cpp");

    private readonly Option<string?> _ik = new("--ik") { Description = "llama-bench of ik_llama.cpp.", HelpName = "FILE" };

    private readonly Option<string[]> _ikSettings = SettingsOption("--ik-setting", "ik_llama.cpp");

    private readonly Option<int[]> _threads = SharedOptions.Threads();
    private readonly Option<int?> _rounds = SharedOptions.Rounds();
    private readonly Option<string> _docs = SharedOptions.Docs();
    private readonly Option<bool> _continue = new("--continue") { Description = "Keeps what was measured before, and measures the rest." };

    private readonly Option<bool> _skipMeasurement = SharedOptions.SkipMeasurement();

    public static Command Create()
    {
        PeersCommand peers = new();
        Command command = new("peers", "Measures MoeGen beside llama.cpp and ik_llama.cpp in memory, and writes docs/peers.md.")
        {
            peers._models, peers._llama, peers._llamaSettings, peers._ik, peers._ikSettings, peers._threads, peers._rounds, peers._docs,
            peers._continue, peers._skipMeasurement,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string docs = parsed.DocsFolder(peers._docs);
            string path = Path.Combine(docs, "peers", "results.json");
            bool keeps = parsed.GetValue(peers._continue) || parsed.GetValue(peers._skipMeasurement);
            PeersResults results = keeps ? PeersResults.Open(path) : PeersResults.Start(path);
            if (!parsed.GetValue(peers._skipMeasurement))
            {
                await peers.MeasureAsync(parsed, results, cancellationToken);
            }

            new PeersPage(results, Program).Write(Path.Combine(docs, "peers.md"));
            return 0;
        });
        return command;
    }

    private static Option<string[]> SettingsOption(string name, string engine) => new(name)
    {
        Description = $"Further options of {engine}, in quotation marks; several to have the best of them. Default: none.",
        HelpName = "OPTIONS",
    };

    private async Task MeasureAsync(ParseResult parsed, PeersResults results, CancellationToken cancellationToken)
    {
        ModelPair[] models = [.. (parsed.GetValue(_models) ?? []).Select(ModelPair.Parse)];
        if (models.Length == 0)
        {
            throw new BenchmarkException("no --model; expected FOLDER=FILE.gguf, one model as both sides read it");
        }

        using WorkFolder work = WorkFolder.Open(null);
        MoegenTool tool = new(work.Path);
        for (int i = 0; i < models.Length; i++)
        {
            models[i] = models[i].Of((await tool.RunAsync(["inspect", models[i].Folder], cancellationToken)).Json);
        }

        InferenceEngine[] engines =
        [
            new MoegenEngine(tool),
            .. LlamaBenches(parsed, _llama, _llamaSettings, "llama.cpp"),
            .. LlamaBenches(parsed, _ik, _ikSettings, "ik_llama.cpp"),
        ];
        int[] threadCounts = parsed.ThreadCounts(_threads);
        int rounds = parsed.GetValue(_rounds) ?? SharedOptions.DefaultRounds;
        for (int round = 0; round < rounds; round++)
        {
            // what lies in the page cache is read by one model after the other
            foreach (ModelPair model in models)
            {
                foreach (int threads in threadCounts)
                {
                    foreach (InferenceEngine engine in round % 2 == 0 ? engines : engines.Reverse())
                    {
                        PeerRun run = new(round, model.Name, threads, engine.Name, engine.Setting);
                        await MeasureAsync(results, run, () => engine.MeasureAsync(model, threads, cancellationToken));
                    }

                    PeerRun loop = new(round, model.Name, threads, PeersResults.ReadLoop, "");
                    await MeasureAsync(results, loop, () => Task.FromResult(ReadMemory(threads)));
                }
            }
        }
    }

    private static async Task MeasureAsync(PeersResults results, PeerRun run, Func<Task<JsonObject>> measure)
    {
        if (results.Has(run))
        {
            return;
        }

        Console.Error.Write($"round {run.Round + 1}, {run.Model}, {run.Threads} thread(s), {run.Engine} {run.Setting}: ");
        long start = Stopwatch.GetTimestamp();
        JsonObject measured = await measure();
        Console.Error.WriteLine(
            $"{measured[InferenceEngine.DecodeKey]?.ToJsonString() ?? "-"} tokens/s decoded, {Stopwatch.GetElapsedTime(start).TotalSeconds:f0} s");
        results.Add(run, measured);
    }

    private static JsonObject ReadMemory(int threads) => new() { [PeersResults.BytesPerSecondKey] = ReadBandwidth.Measure(threads) };

    private static IEnumerable<InferenceEngine> LlamaBenches(
        ParseResult parsed, Option<string?> program, Option<string[]> settings, string name) =>
        parsed.GetValue(program) is not { } path ? []
        : (parsed.GetValue(settings) is { Length: > 0 } given ? given : [""]).Select(setting => new LlamaBench(name, setting, path));
}
