using MoeGen.Experts;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests;

/// <summary>
/// A decoded token allocates nothing on any thread: not on the model's, its workers', the readers' or the prefetcher's. The runtime counts
/// what the whole process allocates, so no other test may run beside these.
/// </summary>
[Collection(nameof(RunsAlone))]
public sealed class DecodeAllocationTests
{
    public static TheoryData<string> Methods => [.. Offloading.Names.Except(["resident"])];

    [Theory]
    [MemberData(nameof(Methods))]
    public void DecodedTokens_AllocateNothing(string method)
    {
        Assert.True(Offloading.TryParse(method, out Offloading? offloading));
        MoeOptions options = new() { Offloading = offloading, Threads = 1, ExpertSlots = 40 };
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        SamplingOptions sampling = new() { Seed = 5, MaxTokens = 200, IgnoreEos = true };
        using TextGeneration generation = model.Generate([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], sampling);
        for (int i = 0; i < 80; i++)
        {
            Assert.True(generation.MoveNext());
        }

        // what .NET's own threads allocate now and then is not the model's: the least of several stretches
        long least = long.MaxValue;
        for (int stretch = 0; stretch < 8; stretch++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 10; i++)
            {
                Assert.True(generation.MoveNext());
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, least);
        OffloadingStatistics statistics = model.Statistics;
        Assert.True(offloading.IsExact ? statistics.Misses > 0 : statistics.SkippedChoices > 0);
        Assert.True(method != Offloading.SwapMoE().Name || statistics.Swaps > 0);
    }
}
