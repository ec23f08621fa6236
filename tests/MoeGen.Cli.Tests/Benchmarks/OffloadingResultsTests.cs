using System.Text.Json.Nodes;
using MoeGen.Benchmarks;
using MoeGen.Benchmarks.Report;
using MoeGen.Benchmarks.Results;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Benchmarks;

public sealed class OffloadingResultsTests : IDisposable
{
    private readonly TemporaryFolder _docs = new();

    private string Folder => _docs["offloading"];

    public void Dispose() => _docs.Dispose();

    [Fact]
    public void Continued_GoesOnBehindTheLastWholeLine()
    {
        ResultsFile first = ResultsFile.StartMeasurement(Folder, continues: false);
        first.Append(Bench(0, "lru", 50, 100, hits: 50));
        File.AppendAllText(first.Path, "{\"kind\":\"ben");
        ResultsFile second = ResultsFile.StartMeasurement(Folder, continues: true);
        second.Append(Bench(1, "lru", 50, 100, hits: 50));
        second.Complete();
        ResultsFile complete = ResultsFile.Open(Folder, takesPartial: false);
        Assert.Equal([0, 1], complete.Samples.Select(sample => sample.Configuration.Round));
        Assert.Equal(2, File.ReadAllLines(complete.Path).Length);
    }

    [Fact]
    public void InterruptedMeasurement_IsNotOverwritten()
    {
        ResultsFile.StartMeasurement(Folder, continues: false).Append(Bench(0, "lru", 50, 100, hits: 50));
        BenchmarkException exception =
            Assert.Throws<BenchmarkException>(() => ResultsFile.StartMeasurement(Folder, continues: false));
        Assert.Contains("expected --continue", exception.Message);
    }

    [Fact]
    public void NewMeasurement_KeepsTheSimulations()
    {
        ResultsFile first = ResultsFile.StartMeasurement(Folder, continues: false);
        first.ReplaceSimulations([new JsonObject { ["kind"] = "simulation", ["simulation"] = new JsonObject() }]);
        first.Append(Bench(0, "lru", 50, 100, hits: 50));
        first.Complete();
        ResultsFile second = ResultsFile.StartMeasurement(Folder, continues: false);
        Assert.Empty(second.Samples);
        Assert.Single(second.Simulations);
    }

    [Fact]
    public void Bench_IsReadWithWhatFollowsFromIt()
    {
        Sample sample = Sample.OfBench(Bench(0, "lru", 50, tpotMs: 100, hits: 75));
        Assert.Equal(0.75, sample.Uses.HitShare);

        // a token waits 20 ms, and 10 come in a second
        Assert.Equal(0.2, sample.StallShare, 1e-9);
        Assert.Equal(30, sample.PeakOverBudgetBytes);
    }

    [Fact]
    public void Difference_IsTheMedianWithinTheRounds()
    {
        double[] mine = [80, 300, 50], others = [100, 200, 100];
        Summary[] summaries =
        [
            .. Summary.Of(
            [
                .. mine.Select((tpot, round) => Sample.OfBench(Bench(round, "finemoe", 50, tpot, hits: 60))),
                .. others.Select((tpot, round) => Sample.OfBench(Bench(round, "lru", 50, tpot, hits: 40))),
            ]),
        ];

        // -20 %, +50 %, -50 %; 60 of 100 uses against 40
        Assert.Equal(-0.2, summaries[0].TpotDifference(summaries[1])!.Value, 1e-9);
        Assert.Equal(0.5, summaries[0].HitDifference(summaries[1])!.Value, 1e-9);
        Assert.Equal(80, summaries[0].MeanTpotMs, 1e-9);
    }

    [Fact]
    public void Page_HasATableForEachBudgetAndItsCharts()
    {
        ResultsFile results = ResultsFile.StartMeasurement(Folder, continues: false);
        results.ReplaceConditions(Conditions());
        foreach (int percent in (int[])[75, 20])
        {
            results.Append(Bench(0, "finemoe", percent, 78, hits: 60));
            results.Append(Bench(0, "moe-infinity", percent, 100, hits: 40));
        }

        new OffloadingPage(results, "not asked for").Write(_docs.Path);
        string page = File.ReadAllText(_docs["offloading.md"]);
        Assert.Contains("Written by `the command`", page);
        Assert.Contains("### Room for 75 % of the experts", page);
        Assert.Contains("| moe-infinity | −22 % | −22 % | −22 % (MoE-Infinity) |", page);
        Assert.Contains("| moe-infinity | +50 % | +50 % | +68 % (MoE-Infinity) |", page);
        Assert.Equal(2, Directory.GetFiles(Folder, "*.svg").Length);
        Assert.All(Directory.GetFiles(Folder, "*.svg"), path => Assert.Contains($"(offloading/{Path.GetFileName(path)})", page));
    }

    private static JsonObject Conditions() => ResultsFile.AsRead("""
        {
          "kind": "conditions", "command": "the command", "date": "2026-01-01", "direct_read_bytes_per_second": 1300000000,
          "machine": { "processor": "P", "cores": 2, "memory_bytes": 1, "system": "S", "kernel": "1", "dotnet": ".NET" },
          "model": {
            "sparse_layers": 5, "experts": 24, "top_k": 4, "expert_bytes": 1, "expert_bytes_total": 120, "dense_bytes": 1, "format": "BF16"
          },
          "prompt_tokens": 48, "tokens": 48, "runs": 3, "texts": ["a.txt"]
        }
        """);

    // of 100 uses, those that do not hit miss
    private static JsonObject Bench(int round, string method, int percent, double tpotMs, int hits) => ResultsFile.AsRead($$"""
        {
          "kind": "bench", "round": {{round}}, "budget_percent": {{percent}}, "method": "{{method}}",
          "budget_bytes": 70, "peak_rss_bytes": 100,
          "bench": {
            "tokens_per_second": {{1000 / tpotMs}}, "tpot_ms": {{tpotMs}}, "tpot_p95_ms": {{tpotMs}}, "expert_hits": {{hits}},
            "expert_late_hits": 0, "expert_misses": {{100 - hits}}, "bytes_read_per_token": 1, "stall_ms_per_token": 20,
            "allocated_bytes_per_token": 0
          }
        }
        """);
}
