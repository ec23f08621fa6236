using MoeGen.Cli.Commands;
using MoeGen.Cli.Evaluation;
using MoeGen.Cli.Models;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests.Evaluation;

public sealed class EvaluationRunTests : IDisposable
{
    private static readonly EvaluationSettings s_settings = new(PromptTokens: 16, Tokens: 150, Continuations: 2, ContinuationTokens: 12);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void DiskThatIsTooSmall_IsRefused()
    {
        string message = Assert.Throws<CliException>(() => EvaluationRun.CheckRoom(1000, 4096, "here", freeBytes: 16_383_999)).Message;
        Assert.Contains("here: has 16383999 bytes free (15.6 MiB); expected 16384000 (15.6 MiB) for the logits of 1000 tokens", message);
        Assert.Contains("fewer --tokens", message);
        EvaluationRun.CheckRoom(1000, 4096, "here", freeBytes: 16_384_000);
    }

    [Fact]
    public void ExactMethod_IsTheExactModelToTheLastBit()
    {
        EvaluationReport report = Run(new ByteSize(14 << 20), CancellationToken.None, Offloading.Lru(), Offloading.FineMoE());
        Assert.Equal(["lru", "finemoe"], report.Methods.Select(method => method.Method));
        foreach (MethodResult method in report.Methods)
        {
            Assert.True(method is { IsExact: true, Memory.IsResident: false });
            Assert.Equal(report.Exact.Domains.Select(domain => domain.Loss), method.Domains.Select(domain => domain.Loss));
            Assert.Equal(report.Exact.All.Loss, method.All.Loss);
            Assert.All(method.Domains.Append(method.All), domain =>
            {
                Assert.Equal((1, 0, 0), (domain.Agreement, domain.Divergence, domain.DivergenceP95));
                Assert.Equal((1, 12), (domain.Continuations.EqualShare, domain.Continuations.MeanPrefix));
            });

            // 150 tokens of each text in one window of 165: one is foreseen by the prompt, the others are steps
            Assert.Equal(2 * 149, method.Decode!.NumSteps);
            Assert.Equal(2 * 149 * Demo.ModelInfo.TopK * Demo.ModelInfo.NumLayers, method.Decode.Experts.Uses);
            Assert.True(method.Decode.Experts.Misses > 0);
            Assert.Equal((0, 0), (method.Decode.Experts.SkippedShare, method.Decode.Experts.FallbackShare));
        }
    }

    [Fact]
    public void MethodThatIsNotExact_Diverges()
    {
        EvaluationReport report = Run(null, CancellationToken.None, HalfOfTheExperts.Method());
        MethodResult half = Assert.Single(report.Methods);
        Assert.Equal(("half", false), (half.Method, half.IsExact));
        Assert.All(half.Domains.Append(half.All), domain =>
        {
            Assert.True(domain.Divergence > 0.01);
            Assert.True(domain.DivergenceP95 > 0);
            Assert.InRange(domain.Agreement, 0.1, 0.99);
        });
        Assert.True(half.All.Perplexity > report.Exact.All.Perplexity);
        Assert.InRange(half.All.Continuations.MeanPrefix!.Value, 0, 11.9);
        Assert.Equal(0.5, half.Decode!.Experts.SkippedShare, 1e-9);

        // all texts together are the sum over tokens
        double sum = half.Domains.Sum(domain => domain.Loss * domain.NumTokens);
        Assert.Equal(sum / half.Domains.Sum(domain => domain.NumTokens), half.All.Loss, 1e-12);
        Assert.Equal(half.Domains.Sum(domain => domain.NumBytes), half.All.NumBytes);
        Assert.Equal(4, half.All.Continuations.Count);
    }

    [Fact]
    public void WithoutMethods_NoLogitsAreKept()
    {
        EvaluationReport report = Run(null, CancellationToken.None);
        Assert.Empty(report.Methods);
        Assert.Equal(0, report.Exact.All.Continuations.Count);
        Assert.InRange(report.Exact.All.Perplexity, 1, Demo.ModelInfo.VocabSize);
    }

    [Fact]
    public void Interruption_LeavesNoFile()
    {
        using CancellationTokenSource interrupt = new();
        int passes = 0;
        Offloading method = HalfOfTheExperts.Method(() =>
        {
            if (++passes == 20)
            {
                interrupt.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => Run(null, interrupt.Token, method));
        Assert.Equal(20, passes);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void BudgetBelowTheFloor_IsRefusedBeforeAnythingRuns()
    {
        int passes = 0;
        Assert.Throws<MemoryBudgetTooSmallException>(
            () => Run(new ByteSize(1000), CancellationToken.None, HalfOfTheExperts.Method(() => passes++)));
        Assert.Equal(0, passes);
    }

    public void Dispose() => _folder.Dispose();

    internal static TextFile Text(string name)
    {
        string path = Path.Combine(RepositoryFiles.Root, "tests", "MoeGen.Benchmarks", "text", name + ".txt");
        return Assert.Single(TextFile.ReadAll([path]));
    }

    private EvaluationReport Run(ByteSize? budget, CancellationToken cancellationToken, params Offloading[] methods)
    {
        using MemoryStream input = new(), output = new();
        using StringWriter error = new();
        CliStreams streams = new(input, output, error, IsErrorTerminal: false);
        EvaluationRun run = new(ModelFolder.Find("demo"), [Text("novels"), Text("german")], s_settings, streams, _folder.Path);
        MethodOptions options = new(new MoeOptions { Threads = 2, MemoryBudget = budget }, methods);
        return run.Compare(options, cancellationToken);
    }
}
