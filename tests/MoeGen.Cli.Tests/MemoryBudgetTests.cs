using MoeGen.Cli.Models;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Experts.Selection.VirtualExperts;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests;

/// <summary>
/// Memory as the system counts it, with experts that are large enough to show: 120 of 3 MB, so that a model with all of them in memory
/// breaks the bounds.
/// </summary>
[Collection(nameof(RunsAlone))]
public sealed class MemoryBudgetTests : IAsyncLifetime
{
    // what the README promises: code, .NET runtime and managed heap beside the budget
    private const long RuntimeBytes = 150L << 20;
    private const long ExpertBytes = 3_000_000;
    private const int NumExperts = 120;

    private readonly TemporaryFolder _folder = new();

    private string Model => _folder["wide"];

    public async ValueTask InitializeAsync()
    {
        CliRun made = await CliRun.Of("inflate", "demo", "-o", Model, "--expert-bytes", $"{ExpertBytes}");
        Assert.True(made.ExitCode == ExitCodes.Done, made.Error);

        // compiles its code, which the processes below find in the cache
        _ = Factory();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Plan_KeepsToItsBudget_WhenItIsMadeAndWhenItIsRun()
    {
        ByteSize budget = Budget(NumExperts / 4);
        Assert.True(budget.Bytes + RuntimeBytes < NumExperts * ExpertBytes);
        string plan = _folder["plan.json"];
        CliProcess made = CliProcess.Run(
            "plan", Model, "--budget", $"{budget.Bytes}", "--samples", "5", "--tokens", "16", "--context", "64", "-o", plan, "--json");
        Assert.InRange(made.PeakBytes, 1, budget.Bytes + RuntimeBytes);
        Assert.InRange(SwapPlan.Load(plan).PredictedBytes!.Value, 1, budget.Bytes);

        foreach (string prompt in new[] { "exact", "masked" })
        {
            CliProcess bench = CliProcess.Run(
                "bench", Model, "--offload", $"swapmoe:plan={plan},prompt={prompt}", "--budget", $"{budget.Bytes}", "--context", "64",
                "--prompt-tokens", "24", "--tokens", "16", "--runs", "2", "--json");
            long reported = bench.Json["peak_rss_bytes"]!.GetValue<long>();
            Assert.InRange(reported, NumExperts / 4 * ExpertBytes, budget.Bytes + RuntimeBytes);
            Assert.InRange(bench.PeakBytes, NumExperts / 4 * ExpertBytes, budget.Bytes + RuntimeBytes);
            Assert.Equal(0, bench.Json["expert_misses"]!.GetValue<long>());
        }

        CliProcess run = CliProcess.Run(
            "run", Model, "Once upon a time", "--plan", plan, "--offload", "swapmoe", "--max-tokens", "16", "--context", "64", "--json");
        Assert.InRange(run.Json["peak_rss_bytes"]!.GetValue<long>(), NumExperts / 4 * ExpertBytes, budget.Bytes + RuntimeBytes);
    }

    [Theory]
    [InlineData("swapmoe")]
    [InlineData("lfu-sequence")]
    public void SmallerBudget_GivesMemoryBackWhileATextIsWritten(string method)
    {
        ByteSize large = Budget(NumExperts), small = Budget(NumExperts / 4);

        // what earlier tests have left would be given back at any time
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        long before = Environment.WorkingSet;
        using MoeModel model = Factory().Load(Model, Options(large) with { Offloading = Offloading.Parse(method) }, CancellationToken.None);
        using TextGeneration generation = model.Generate([1, 2, 3, 4], SamplingOptions.Greedy with { MaxTokens = 40, IgnoreEos = true });
        Assert.True(generation.MoveNext());
        long resident = Environment.WorkingSet - before;
        Assert.True(resident > 0.95 * NumExperts * ExpertBytes, $"{resident} bytes");

        model.MemoryBudget = small;
        for (int i = 0; i < 15; i++)
        {
            Assert.True(generation.MoveNext());
        }

        // what the first pass has touched beside the budget stays, and is not much
        const long OtherBytes = 40L << 20;
        Assert.InRange(Environment.WorkingSet - before, 1, small.Bytes + OtherBytes);
        Assert.True(small.Bytes + OtherBytes < resident);

        model.MemoryBudget = large;
        while (generation.MoveNext())
        {
        }

        Assert.InRange(Environment.WorkingSet - before, 1, large.Bytes + OtherBytes);
    }

    private static MoeOptions Options(ByteSize? budget) => new() { Threads = 1, ContextLength = 64, MemoryBudget = budget };

    private ModelFactory Factory() =>
        ModelLoader.FindFactory(ModelFolder.Find(Model), new CliStreams(Stream.Null, Stream.Null, TextWriter.Null, IsErrorTerminal: false));

    // of swapmoe with so many experts in memory
    private ByteSize Budget(int experts)
    {
        MemoryPlan plan = MemoryPlan.Largest(Factory().Info, Options(null) with { Offloading = Offloading.SwapMoE() });
        return new ByteSize((plan with { NumSlots = experts }).TotalBytes);
    }
}
