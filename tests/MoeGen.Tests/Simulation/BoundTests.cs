using MoeGen.Simulation;
using MoeGen.Tests.Traces;
using MoeGen.Traces;

namespace MoeGen.Tests.Simulation;

public class BoundTests
{
    [Fact]
    public void Belady_GivesUpWhatIsUsedLast()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0").Decode("1", "2", "0", "1", "2", "0").Open();

        // two slots: 2 takes the place of 1 (0 is nearer), then 1 that of 0 (2 is nearer), then 0 that of either
        SimulationResult belady = SimulationCase.Run(trace, SimulationCase.Named("belady"), numSlots: 2);
        Assert.Equal(2, belady.Decode.Counts.Hits);

        // round and round, the least recently used is always the next one
        SimulationResult lru = SimulationCase.Run(trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 2);
        Assert.Equal(0, lru.Decode.Counts.Hits);
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 6)]
    [InlineData(4, 13)]
    [InlineData(3, 20)]
    public void Belady_HasTheMostHits(int numLayers, int numSlots)
    {
        RuleEviction[] others = [RuleEviction.Lru(), RuleEviction.Mru(), RuleEviction.Lfu(), RuleEviction.Probable()];
        for (int seed = 0; seed < 20; seed++)
        {
            using TraceBuilder builder = new(numLayers, numExperts: 8, topK: 2);
            using ActivationTrace trace = builder.Random(seed, numSequences: 2, promptTokens: 1, decodedTokens: 40).Open();
            long best = Hits(trace, SimulationCase.Named("belady"), numSlots);
            foreach (RuleEviction eviction in others)
            {
                long hits = Hits(trace, SimulationCase.Policy(eviction), numSlots);
                Assert.True(best >= hits, $"{eviction.Name} has {hits} hits, belady {best}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Oracle_WithEnoughLeadTime_HitsEverythingAfterThePrompt()
    {
        using TraceBuilder builder = new(numLayers: 4, numExperts: 16, topK: 2, expertBytes: 20);
        using ActivationTrace trace = builder.Random(seed: 7, numSequences: 1, promptTokens: 1, decodedTokens: 40).Open();

        // both experts of a layer arrive in 40 ns, and a layer takes 50 until it is routed
        SimulationResult result = SimulationCase.Run(trace, SimulationCase.Named("oracle"), numSlots: 16);
        Assert.Equal(1, result.Decode.HitRate);
        Assert.Equal(0, result.Decode.StallNs);
        Assert.Equal(1, result.PrefetchPrecision);
        Assert.True(result.Decode.Counts.PrefetchBytes > 0);
    }

    [Fact]
    public void Oracle_WaitsForTheLinkAlone()
    {
        using TraceBuilder builder = new(numLayers: 4, numExperts: 16, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 8, numSequences: 2, promptTokens: 1, decodedTokens: 40).Open();
        SimulationResult oracle = SimulationCase.Run(trace, SimulationCase.Named("oracle"), numSlots: 32);
        SimulationResult belady = SimulationCase.Run(trace, SimulationCase.Named("belady"), numSlots: 32);
        Assert.True(oracle.Decode.TimeNs < belady.Decode.TimeNs, $"{oracle.Decode.TimeNs} and {belady.Decode.TimeNs}");
        Assert.True(oracle.Decode.TimeNs >= oracle.Decode.Counts.PrefetchBytes + oracle.Decode.Counts.DemandBytes - 1000);
    }

    private static long Hits(ActivationTrace trace, SimulationPolicy policy, int numSlots)
    {
        SimulationResult result = SimulationCase.Run(trace, policy, numSlots);
        return result.Decode.Counts.Hits + result.Prefill.Counts.Hits;
    }

    [Fact]
    public void EveryName_IsAPolicyOfThatName()
    {
        foreach (string name in SimulationPolicy.Names.Concat(SimulationPolicy.AblationNames))
        {
            Assert.True(SimulationPolicy.TryParse(name, out SimulationPolicy? policy), name);
            Assert.Equal(name, policy.Name);
        }
    }
}
