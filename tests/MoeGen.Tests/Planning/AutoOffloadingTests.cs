using MoeGen.Experts;
using MoeGen.Models;
using MoeGen.Planning;
using MoeGen.Testing;

namespace MoeGen.Tests.Planning;

public sealed class AutoOffloadingTests(PackedDemo packed) : IClassFixture<PackedDemo>
{
    [Fact]
    public void EverythingFits_NothingIsChosen()
    {
        AutoChoice choice = AutoOffloading.Choose(Load, new MoeOptions());
        Assert.True(choice.Offloading.IsExact);
        Assert.Empty(choice.Candidates);
        Assert.Contains("every expert fits", choice.Explanation);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    public void Choice_IsTheFastestExactMethod_AndSaysWhy(int slots)
    {
        List<string> progress = [];
        AutoOptions auto = new() { Sequences = 2, Tokens = 8, Progress = progress.Add };
        AutoChoice choice = AutoOffloading.Choose(Load, new MoeOptions { ExpertSlots = slots, Threads = 1 }, auto);
        Assert.True(choice.Offloading.IsExact);
        Assert.Equal(choice.Candidates[0].Name, choice.Offloading.Name);
        Assert.Equal(choice.Candidates.OrderBy(candidate => candidate.TpotMs), choice.Candidates);
        Assert.Equal(Offloading.ExactNames.Except(["resident", "on-demand"]).Order(), choice.Candidates.Select(candidate => candidate.Name).Order());
        Assert.All(choice.Candidates, candidate => Assert.True(candidate.TpotMs > 0 && double.IsFinite(candidate.TpotMs)));
        Assert.Contains($"{slots} of 120 experts fit", choice.Explanation);
        Assert.Contains(choice.Offloading.Name, choice.Explanation);
        Assert.Equal(3, progress.Count);
    }

    [Fact]
    public void Prompts_OfTheCaller_AreTaken()
    {
        AutoOptions auto = new() { Prompts = [[1, 2, 3], [4, 5, 6, 7]], Tokens = 4 };
        Assert.NotEmpty(AutoOffloading.Choose(Load, new MoeOptions { ExpertSlots = 30 }, auto).Candidates);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(1)]
    public void Tolerance_AdmitsMethodsThatKeepToIt(double tolerance)
    {
        AutoOptions auto = new() { Sequences = 2, Tokens = 12, Tolerance = tolerance };
        AutoChoice choice = AutoOffloading.Choose(Load, new MoeOptions { ExpertSlots = 40, Threads = 1 }, auto);
        AutoCandidate[] lossy = [.. choice.Candidates.Where(candidate => candidate.Agreement is not null)];
        Assert.All(lossy, candidate => Assert.InRange(candidate.Agreement!.Value, 1 - tolerance, 1));
        Assert.True(choice.Offloading.IsExact || lossy.Any(candidate => candidate.Name == choice.Offloading.Name));
        Assert.True(tolerance < 1 || lossy.Length >= 6);
        Assert.Contains(choice.Offloading.IsExact ? "was faster" : choice.Offloading.Name, choice.Explanation);
    }

    [Fact]
    public void Twins_AreTriedWhereThereAreAny()
    {
        AutoOptions auto = new() { Sequences = 1, Tokens = 6, Tolerance = 1 };
        MoeOptions options = new() { ExpertSlots = 40, Threads = 1 };
        AutoChoice without = AutoOffloading.Choose(Load, options, auto), with = AutoOffloading.Choose(LoadPacked, options, auto);
        Assert.Equal(
            ["hobbit", "hobbit:t1=0.3"],
            with.Candidates.Select(candidate => candidate.Name).Except(without.Candidates.Select(candidate => candidate.Name)).Order());
    }

    [Fact]
    public void MethodsThatTheBudgetIsTooSmallFor_AreLeftOut()
    {
        // room for four experts; swapmoe needs one for each of five layers and a spare one, finemoe memory for its maps
        MoeOptions options = new() { Offloading = Offloading.Lru(), Threads = 1 };
        ByteSize budget = new((MemoryPlan.Largest(Demo.ModelInfo, options) with { NumSlots = 4 }).TotalBytes);
        foreach (Offloading large in new[] { Offloading.SwapMoE(), Offloading.FineMoE() })
        {
            Assert.Throws<MemoryBudgetTooSmallException>(
                () => MemoryPlan.For(Demo.ModelInfo, options with { Offloading = large, MemoryBudget = budget }));
        }

        AutoOptions auto = new() { Sequences = 2, Tokens = 8, Tolerance = 1 };
        AutoChoice choice = AutoOffloading.Choose(Load, options with { MemoryBudget = budget }, auto);
        string[] names = [.. choice.Candidates.Select(candidate => candidate.Name)];
        Assert.DoesNotContain("swapmoe", names);
        Assert.DoesNotContain("finemoe", names);
        Assert.Contains("lru", names);
        Assert.True(MemoryPlan.For(Demo.ModelInfo, options with { Offloading = choice.Offloading, MemoryBudget = budget }).NumSlots >= 2);
    }

    [Fact]
    public void ExactMethod_AgreesInATrial()
    {
        // no tolerance at all, and every step within it
        AutoOptions auto = new() { Sequences = 1, Tokens = 10, Tolerance = 0 };
        AutoChoice choice = AutoOffloading.Choose(Load, new MoeOptions { ExpertSlots = 120 - 1, Threads = 1 }, auto);
        Assert.All(choice.Candidates.Where(candidate => candidate.Agreement is not null), candidate => Assert.Equal(1, candidate.Agreement));
    }

    [Fact]
    public void Profile_LeavesNoFile()
    {
        string[] Files() => Directory.GetFiles(Path.GetTempPath(), "moegen-profile-*");
        string[] before = Files();
        _ = AutoOffloading.Choose(Load, new MoeOptions { ExpertSlots = 30 }, new AutoOptions { Sequences = 1, Tokens = 2 });
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(
            () => AutoOffloading.Choose(Load, new MoeOptions { ExpertSlots = 30 }, new AutoOptions(), cancelled.Token));
        Assert.Equal(before.Order(), Files().Order());
    }

    [Fact]
    public void OptionsThatMakeNoSense_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => AutoOffloading.Choose(Load, new MoeOptions(), new AutoOptions { Tokens = 0 }));
        Assert.Throws<ArgumentException>(() => AutoOffloading.Choose(Load, new MoeOptions(), new AutoOptions { Prompts = [] }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => AutoOffloading.Choose(Load, new MoeOptions(), new AutoOptions { Tolerance = double.NaN }));
        Assert.Throws<MemoryBudgetTooSmallException>(
            () => AutoOffloading.Choose(Load, new MoeOptions { MemoryBudget = new ByteSize(1000) }));
    }

    [Fact]
    public void Machine_IsReadOffWaitingAndComputing()
    {
        // 10 passes of 100 dense bytes, 20 uses of 50: 2000 bytes in 3 - 1 seconds; 500 bytes in the second of waiting
        OffloadingStatistics statistics = Statistics(passes: 10, misses: 20, bytes: 500, TimeSpan.FromSeconds(1));
        ModelInfo info = Demo.ModelInfo with { DenseBytes = 100, ExpertBytes = 50 };
        Assert.Equal(new MachineProfile(500, 1000), MachineProfile.Of(info, statistics, TimeSpan.FromSeconds(3)));
    }

    private Demo LoadPacked(MoeOptions options) => Demo.Load(packed.Path, options);

    private static Demo Load(MoeOptions options) => Demo.Load(RepositoryFiles.DemoModel, options);

    private static OffloadingStatistics Statistics(long passes, long misses, long bytes, TimeSpan stall)
    {
        using Demo model = Load(new MoeOptions { ExpertSlots = 30 });
        OffloadingStatistics nothing = model.Statistics;
        return nothing with { Passes = passes, Hits = 0, LateHits = 0, Misses = misses, DemandBytes = bytes, PrefetchBytes = 0, StallTime = stall };
    }
}
