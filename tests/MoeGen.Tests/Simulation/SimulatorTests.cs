using MoeGen.Experts.Prefetch;
using MoeGen.Simulation;
using MoeGen.Tests.Traces;
using MoeGen.Traces;

namespace MoeGen.Tests.Simulation;

public class SimulatorTests
{
    [Fact]
    public void MissHitMiss_TakeWhatTheyTakeByHand()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0").Decode("0", "1").Open();
        SimulationResult result = SimulationCase.Run(trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 1);

        // miss: 50 for the layer, 1000 for the copy, 100 to compute, 20 for the pass; hit: without the copy
        Assert.Equal([1170], result.TtftNs);
        Assert.Equal([170, 1170], result.TpotNs);
        Assert.Equal(new UseCounts(0, 0, 1, 1000, 0), result.Prefill.Counts);
        Assert.Equal(new UseCounts(1, 0, 1, 1000, 0), result.Decode.Counts);
        Assert.Equal(1000, result.Decode.StallNs);
        Assert.Equal(1340, result.Decode.TimeNs);
        Assert.Equal(500, result.Decode.BytesPerToken);
        Assert.Equal(1, result.Evictions);
    }

    [Fact]
    public void SecondMiss_TravelsWhileTheFirstComputes()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 2);
        using ActivationTrace trace = builder.Prompt("0 1").Open();
        SimulationResult result = SimulationCase.Run(trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 2);

        // 50; copies end at 1050 and 2050; the first computes until 1150, the second until 2150; 20
        Assert.Equal([2170], result.TtftNs);
        Assert.Equal(1900, result.Prefill.StallNs);
        Assert.Equal(2, result.Prefill.Counts.Misses);
    }

    [Fact]
    public void Pieces_ShareTheLatencyWhileTheyAreInFlight()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0").Open();
        HardwareProfile machine = SimulationCase.Machine with { LinkLatencyUs = 0.1, PieceBytes = 400, PiecesInFlight = 2 };
        SimulationResult result = SimulationCase.Run(trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 1, machine);

        // pieces of 333, 333 and 334: two are asked for at 50, there at 150 + 333 and 333 later; the third is asked for at 483, and 334
        // later there
        Assert.Equal([50 + 100 + 1000 + 100 + 20], result.TtftNs);

        // one at a time, each waits for itself
        SimulationResult single = SimulationCase.Run(
            trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 1, machine with { PiecesInFlight = 1 });
        Assert.Equal([50 + (3 * 100) + 1000 + 100 + 20], single.TtftNs);
    }

    [Fact]
    public void Prompt_ComputesItsExpertsInWaves()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0", "1", "2", "1").Open();
        SimulationResult result = SimulationCase.Run(trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 2);

        // 50; 0 arrives at 1050, 1 at 2050 and 2, into the slot of 0, at 3050; each computes for 100; 20
        Assert.Equal([3170], result.TtftNs);
        Assert.Equal(3, result.Prefill.Counts.Misses);
        Assert.Equal(1, result.Evictions);
        Assert.Equal(4, result.Prefill.Tokens);
    }

    [Fact]
    public void ManyTokens_TakeLongerThanTheirWeights()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1, denseBytes: 500);
        using ActivationTrace trace = builder.Prompt("0", "0", "0", "1").Open();
        SimulationResult result = SimulationCase.Run(
            trace, SimulationCase.Named("resident"), numSlots: 4, SimulationCase.Machine with { BalancedTokens = 2 });

        // dense: 50 for 2 tokens, 100 for 4, and 50 for the layer; experts: 3 tokens take 150, 1 takes 100; 20
        Assert.Equal([150 + 150 + 100 + 20], result.TtftNs);
    }

    [Fact]
    public void Prefetch_ThatIsOnItsWay_IsALateHit()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 2, topK: 1);
        using ActivationTrace trace = builder.Prompt("0|0").Open();
        SimulationResult result = SimulationCase.Run(
            trace, SimulationCase.Policy(RuleEviction.Lru(), () => new FollowingLayer()), numSlots: 4);

        // routed at 50, expert of layer 0 there at 1050, that of layer 1 begins then; layer 1 is routed at 1050 + 100 + 50 and waits from
        // 1200 until 2050; 100; 20
        Assert.Equal([2170], result.TtftNs);
        Assert.Equal(new UseCounts(0, 1, 1, 1000, 1000), result.Prefill.Counts);
        Assert.Equal(1, result.UsefulPrefetches);
        Assert.Equal(1, result.PrefetchPrecision);
        Assert.Equal(0.5, result.PrefetchRecall);
        Assert.Equal(1000 + 850, result.Prefill.StallNs);
    }

    [Fact]
    public void Prefetch_ThatTakesTooLong_IsStale()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 2, topK: 1);
        using ActivationTrace trace = builder.Prompt("0|0").Decode("0|0").Open();
        SimulationResult result = SimulationCase.Run(
            trace, SimulationCase.Policy(RuleEviction.Lru(), () => new FollowingLayer()), numSlots: 4,
            SimulationCase.Machine with { PrefetchUs = 10 });

        Assert.Equal(0, result.Prefetches);
        Assert.Equal(0, result.Prefill.Counts.LateHits);
        Assert.Equal(2, result.Decode.Counts.Hits);
    }

    [Fact]
    public void Devices_CopyAndComputeAtTheSameTime()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 2);
        using ActivationTrace trace = builder.Prompt("0 1").Decode("0 2").Open();
        SimulationResult result = SimulationCase.Run(
            trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 4, SimulationCase.Machine with { Devices = 2 });

        // 0 and 1 live on different devices, 0 and 2 on the same: 0 computes while 2 travels
        Assert.Equal([1170], result.TtftNs);
        Assert.Equal([1170], result.TpotNs);
        Assert.Equal(1000, result.Prefill.StallNs);
        Assert.Equal(new UseCounts(1, 0, 1, 1000, 0), result.Decode.Counts);
        Assert.Equal(900, result.Decode.StallNs);
    }

    [Fact]
    public void Resident_IsAlwaysHit()
    {
        using TraceBuilder builder = new(numLayers: 3, numExperts: 8, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 3, numSequences: 2, promptTokens: 6, decodedTokens: 10).Open();
        foreach (int devices in new[] { 1, 3 })
        {
            SimulationResult result = SimulationCase.Run(
                trace, SimulationCase.Named("resident"), numSlots: devices, SimulationCase.Machine with { Devices = devices });
            Assert.Equal((1.0, 1.0), (result.Prefill.HitRate, result.Decode.HitRate));
            Assert.Equal(0, result.Decode.StallNs + result.Prefill.StallNs);
            Assert.Equal(0, result.Evictions);
        }
    }

    [Fact]
    public void RoomForAll_MissesEveryExpertOnceAtMost()
    {
        using TraceBuilder builder = new(numLayers: 3, numExperts: 8, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 4, numSequences: 3, promptTokens: 6, decodedTokens: 20).Open();
        SimulationResult result = SimulationCase.Run(trace, SimulationCase.Policy(RuleEviction.Lru()), numSlots: 24);
        Assert.InRange(result.Prefill.Counts.Misses + result.Decode.Counts.Misses, 1, 24);
        Assert.Equal(0, result.Evictions);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    public void SameSetup_GivesTheSameBytes(int devices)
    {
        using TraceBuilder builder = new(numLayers: 4, numExperts: 8, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 5, numSequences: 3, promptTokens: 9, decodedTokens: 15).Open();
        HardwareProfile machine = SimulationCase.Machine with
        {
            Devices = devices,
            PieceBytes = 300,
            PiecesInFlight = 3,
            LinkLatencyUs = 0.07,
        };
        SimulationPolicy[] policies =
        [
            SimulationCase.Policy(RuleEviction.Probable(), () => new FollowingLayer()), SimulationCase.Named("belady"),
            SimulationCase.Named("oracle"),
        ];
        foreach (SimulationPolicy policy in policies)
        {
            string first = SimulationCase.Text(SimulationCase.Run(trace, policy, numSlots: 12, machine));
            string second = SimulationCase.Text(SimulationCase.Run(trace, policy, numSlots: 12, machine));
            Assert.Equal(first, second);
        }
    }

    [Fact]
    public void Training_ReachesThePrefetcherAndCostsNothing()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 2, topK: 1);
        using ActivationTrace trace = builder.Prompt("0|0").Decode("0|1").Prompt("1|1").Decode("0|1").Open();
        CountingPrefetch prefetch = new();
        SimulationResult result = SimulationCase.Run(
            trace, SimulationCase.Policy(RuleEviction.Lru(), () => prefetch), numSlots: 4, trainSequences: 1);

        Assert.Equal("start 1 new;routed 0;routed 1;end;start 2;routed 0;routed 1;end;"
            + "start 3 new;routed 0;routed 1;end;start 4;routed 0;routed 1;end;", prefetch.Heard);
        Assert.Equal((1, 1), (result.Prefill.Passes, result.Decode.Passes));
        Assert.Single(result.TtftNs);
        Assert.Equal(2, result.Prefill.Counts.Misses);
    }

    [Fact]
    public void Interrupted_EndsBetweenPasses()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0").Decode("1", "2").Open();
        using CancellationTokenSource interrupted = new();
        SimulationSetup setup = new()
        {
            Trace = trace,
            Future = TraceFuture.Of(trace, CancellationToken.None),
            Policy = SimulationCase.Named("belady"),
            Hardware = SimulationCase.Machine,
            NumSlots = 1,
            ExpertBytes = 1,
        };
        Assert.Throws<OperationCanceledException>(() => Simulator.Run(setup, interrupted.Token, _ => interrupted.Cancel()));
    }

    /// <summary>Expects of the next layer what the last token has chosen in this one.</summary>
    private sealed class FollowingLayer : IPrefetch
    {
        public string Name => "following";

        public void OnPassStart(in PassStart start, IPredictions predictions)
        {
        }

        public void OnRouted(in RoutedLayer routed, IPredictions predictions)
        {
            if (routed.Layer < 1)
            {
                predictions.Expect(routed.Layer + 1, routed.Probabilities[..(routed.Probabilities.Length / routed.NumTokens)]);
                foreach (int expert in routed.Chosen[^(routed.Chosen.Length / routed.NumTokens)..])
                {
                    predictions.Prefetch(routed.Layer + 1, expert, 1);
                }
            }
        }

        public void OnPassEnd()
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class CountingPrefetch : IPrefetch
    {
        public string Name => "counting";

        public string Heard { get; private set; } = "";

        public void OnPassStart(in PassStart start, IPredictions predictions) =>
            Heard += $"start {start.Pass}{(start.IsNewSequence ? " new" : "")};";

        public void OnRouted(in RoutedLayer routed, IPredictions predictions) => Heard += $"routed {routed.Layer};";

        public void OnPassEnd() => Heard += "end;";

        public void Dispose()
        {
        }
    }
}
