using MoeGen.Simulation;
using MoeGen.Tests.Traces;
using MoeGen.Traces;

namespace MoeGen.Tests.Simulation;

public class RoutingConsistencyTests
{
    [Fact]
    public void Srp_IsTheShareOfTheMostFrequent()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0", "0", "1").Decode("2", "2", "2", "3").Open();

        // segments of 3: {0, 0, 1} and {2, 2, 2}, the 3 is left over: (2/3 + 1) / 2 with one expert, 1 with two
        IReadOnlyList<ConsistencyPoint> points = RoutingConsistency.Measure(trace, [1, 2], [3], CancellationToken.None);
        Assert.Equal(5.0 / 6, points[0].Srp!.Value, 12);
        Assert.Equal(1.0, points[1].Srp!.Value, 12);
    }

    [Fact]
    public void Srp_IsMeanOfLayers()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0|0", "0|1").Open();

        // one expert: all of layer 0, half of layer 1
        Assert.Equal(0.75, RoutingConsistency.Measure(trace, [1], [2], CancellationToken.None)[0].Srp!.Value, 12);
    }

    [Fact]
    public void Sch_KeepsWhatTheNextTokensWant()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0").Decode("1", "0", "2", "1", "0").Open();

        // two experts, three tokens ahead: {0}, {0, 1}, hit 0; behind 2 the next are 1 and 0, so 2 goes; hit 1, hit 0
        Assert.Equal(3.0 / 6, RoutingConsistency.Measure(trace, [2], [3], CancellationToken.None)[0].Sch, 12);

        // one expert, one token ahead: behind 1 the next is 0, which stays and hits; then nothing that is there comes next
        Assert.Equal(1.0 / 6, RoutingConsistency.Measure(trace, [1], [1], CancellationToken.None)[0].Sch, 12);
    }

    [Fact]
    public void Sch_OfRepetition_MissesTheFirstTokenOfEachSequence()
    {
        using TraceBuilder builder = new(numLayers: 2, numExperts: 4, topK: 2);
        using ActivationTrace trace = builder
            .Prompt("0 1|2 3").Decode("0 1|2 3", "1 0|3 2").Prompt("2 3|0 1").Decode("2 3|0 1", "3 2|1 0").Open();
        ConsistencyPoint point = RoutingConsistency.Measure(trace, [1], [2], CancellationToken.None)[0];
        Assert.Equal(2.0 / 3, point.Sch, 12);
        Assert.Equal(1, point.Srp!.Value, 12);
    }

    [Fact]
    public void SegmentsLongerThanAnySequence_HaveNoSrp()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 4, topK: 1);
        using ActivationTrace trace = builder.Prompt("0", "1").Open();
        Assert.Null(RoutingConsistency.Measure(trace, [1], [3], CancellationToken.None)[0].Srp);
    }

    [Fact]
    public void AllExpertsInTheCache_MissTheFirstUseAlone()
    {
        using TraceBuilder builder = new(numLayers: 1, numExperts: 8, topK: 2);
        using ActivationTrace trace = builder.Random(seed: 2, numSequences: 1, promptTokens: 4, decodedTokens: 200).Open();
        ConsistencyPoint point = RoutingConsistency.Measure(trace, [100], [16], CancellationToken.None)[0];
        Assert.Equal(1, point.Srp!.Value, 12);
        Assert.Equal((408.0 - 8) / 408, point.Sch, 12);
    }
}
