using MoeGen.Simulation;
using MoeGen.Tests.Traces;
using MoeGen.Traces;

namespace MoeGen.Tests.Simulation;

public class ExpertMapSimulationTests
{
    [Fact]
    public void StoreWithTheExactMaps_HitsEverythingAfterThePrompt()
    {
        // the same text twice, of tokens that differ from the first layer on: the first one fills the store, so that every search finds its
        // own map with score 1, delta is 0, and as many experts are loaded as a token chooses
        string[] tokens =
        [
            .. from i in Enumerable.Range(0, 25)
               let choices = new[] { (i, i + 1 + (i / 16)), (3 * i, (3 * i) + 5), (7 * i, (7 * i) + 1), (5 * i, (5 * i) + 9) }
               select string.Join('|', choices.Select(pair => $"{pair.Item1 % 16} {pair.Item2 % 16}")),
        ];
        using TraceBuilder builder = new(numLayers: 4, numExperts: 16, topK: 2, expertBytes: 20);
        builder.Prompt(tokens[0]).Decode(tokens[1..]);
        using ActivationTrace trace = builder.Prompt(tokens[0]).Decode(tokens[1..]).Open();

        // two experts arrive in 40 ns, a layer is routed after 50; half of the experts fit, and every prediction is followed
        SimulationPolicy policy = FineMoE() with { CreateEviction = _ => RuleEviction.Lru() };
        SimulationResult result = SimulationCase.Run(trace, policy, numSlots: 32, trainSequences: 1);
        Assert.Equal(1, result.Decode.HitRate);
        Assert.Equal(0, result.Decode.StallNs);
        Assert.Equal(1, result.PrefetchPrecision);
        Assert.Equal(24, result.Decode.Passes);

        // its own eviction weighs predictions against what they displace; with room for all, it follows them, too
        SimulationResult roomy = SimulationCase.Run(trace, FineMoE(), numSlots: 64, trainSequences: 1);
        Assert.Equal(1, roomy.Decode.HitRate);

        // without the lead time the same predictions come late
        SimulationResult slow = SimulationCase.Run(
            trace, policy, numSlots: 32, SimulationCase.Machine with { LinkBytesPerSecond = 1e8 }, trainSequences: 1);
        Assert.True(slow.Decode.HitRate < 1);
        Assert.True(slow.Decode.Counts.LateHits > 0);
    }

    [Fact]
    public void EmptyStore_PredictsNothingForTheFirstPass()
    {
        using TraceBuilder builder = new(numLayers: 4, numExperts: 16, topK: 2, expertBytes: 20);
        using ActivationTrace trace = builder.Prompt("0 1|2 3|4 5|6 7").Open();
        SimulationResult result = SimulationCase.Run(trace, FineMoE(), numSlots: 32);
        Assert.Equal(8, result.Prefill.Counts.Misses);
        Assert.Equal(0, result.Prefetches);
    }

    [Theory]
    [InlineData("finemoe")]
    [InlineData("next-router")]
    [InlineData("moe-infinity")]
    public void Prefetchers_GiveTheSameResultTwice(string name)
    {
        using TraceBuilder builder = new(numLayers: 4, numExperts: 16, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 11, numSequences: 4, promptTokens: 6, decodedTokens: 10).Open();
        HardwareProfile machine = SimulationCase.Machine with { Devices = 2, PrefetchUs = 0.1 };
        SimulationResult first = SimulationCase.Run(trace, SimulationCase.Named(name), numSlots: 24, machine, trainSequences: 1);
        SimulationResult second = SimulationCase.Run(trace, SimulationCase.Named(name), numSlots: 24, machine, trainSequences: 1);
        Assert.Equal(SimulationCase.Text(first), SimulationCase.Text(second));
        Assert.True(first.Prefetches > 0);
    }

    [Fact]
    public void EveryPreset_IsSimulated()
    {
        using TraceBuilder builder = new(numLayers: 3, numExperts: 8, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 12, numSequences: 2, promptTokens: 6, decodedTokens: 10).Open();
        long uses = SimulationCase.Run(trace, SimulationCase.Named("resident"), numSlots: 24).Decode.Uses;
        foreach (string name in SimulationPolicy.Names)
        {
            SimulationResult result = SimulationCase.Run(trace, SimulationCase.Named(name), numSlots: 9);
            Assert.Equal(name, result.Policy);
            Assert.Equal(uses, result.Decode.Uses);
        }
    }

    [Fact]
    public void OnDemand_NeverHits()
    {
        using TraceBuilder builder = new(numLayers: 3, numExperts: 8, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 13, numSequences: 2, promptTokens: 6, decodedTokens: 10).Open();
        SimulationResult result = SimulationCase.Run(trace, SimulationCase.Named("on-demand"), numSlots: 24);
        Assert.Equal((0, 0), (result.Decode.Counts.Hits, result.Prefill.Counts.Hits));
        Assert.Equal(2 * 10 * 3 * 2 * 1000, result.Decode.Counts.DemandBytes); // sequences, tokens, layers, experts, bytes
    }

    private static SimulationPolicy FineMoE() => SimulationPolicy.Of(Offloading.FineMoE());
}
