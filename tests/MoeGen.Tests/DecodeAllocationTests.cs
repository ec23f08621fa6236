using MoeGen.Experts;
using MoeGen.Models;
using MoeGen.Testing;

namespace MoeGen.Tests;

/// <summary>
/// A decoded token allocates nothing on any thread: not on the model's, its workers', the readers' or the prefetcher's. The runtime counts
/// what the whole process allocates, so no other test may run beside these.
/// </summary>
[Collection(nameof(RunsAlone))]
public sealed class DecodeAllocationTests(PackedDemo packed) : IClassFixture<PackedDemo>
{
    public static TheoryData<string> Methods => [.. Offloading.Names.Except(["resident"])];

    [Theory]
    [MemberData(nameof(Methods))]
    public void DecodedTokens_AllocateNothing(string method)
    {
        Assert.True(Offloading.TryParse(method, out Offloading? offloading));
        MoeOptions options = new() { Offloading = offloading, Threads = 1, ExpertSlots = 40 };
        using Demo model = Demo.Load(packed.Path, options);
        Assert.Equal(0, DecodeAllocations.Of(model));
        OffloadingStatistics statistics = model.Statistics;
        Assert.True(offloading.IsExact ? statistics.Misses > 0 : statistics.SkippedChoices + statistics.TwinChoices > 0);
        Assert.True(method != Offloading.SwapMoE().Name || statistics.Swaps > 0);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void TokensDecodedTogether_AllocateNothing(string method)
    {
        const int NumSequences = 4, Warm = 60, NumStretches = 8, Stretch = 10;
        Assert.True(Offloading.TryParse(method, out Offloading? offloading));
        MoeOptions options = new() { Offloading = offloading, Threads = 2, ExpertSlots = 40, ContextLength = 512 };
        using Demo model = Demo.Load(packed.Path, options);
        SamplingOptions sampling = new() { Seed = 5, MaxTokens = 200, IgnoreEos = true };
        using Barrier barrier = new(NumSequences + 1);
        Thread[] threads =
        [
            .. Enumerable.Range(0, NumSequences).Select(i => new Thread(() =>
            {
                using TextGeneration generation = model.Generate([1, 2, 3, 4, 5, i], sampling);
                for (int token = 0; token < Warm; token++)
                {
                    generation.MoveNext();
                }

                for (int stretch = 0; stretch < NumStretches; stretch++)
                {
                    barrier.SignalAndWait();
                    for (int token = 0; token < Stretch; token++)
                    {
                        generation.MoveNext();
                    }

                    barrier.SignalAndWait();
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        long least = long.MaxValue, passes = 0;
        for (int stretch = 0; stretch < NumStretches; stretch++)
        {
            long passesBefore = model.Statistics.Passes, before = GC.GetTotalAllocatedBytes(precise: true);
            barrier.SignalAndWait();
            barrier.SignalAndWait();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            passes += model.Statistics.Passes - passesBefore;
        }

        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(0, least);

        // they did decode together; a step that MoBiLE runs again is two passes
        Assert.InRange(passes, NumStretches * Stretch, (NumStretches * Stretch * NumSequences) - 1);
    }
}
