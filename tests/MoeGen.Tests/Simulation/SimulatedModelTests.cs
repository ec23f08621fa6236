using MoeGen.Engine;
using MoeGen.Experts;
using MoeGen.Models;
using MoeGen.Simulation;
using MoeGen.Testing;
using MoeGen.Traces;

namespace MoeGen.Tests.Simulation;

/// <summary>
/// What a simulation says of a model is what the model does, to the last hit, where time decides nothing: nothing is loaded ahead, one
/// reader brings experts in order, and the policy never gives up what the running layer has just computed.
/// </summary>
public class SimulatedModelTests
{
    [Theory]
    [InlineData("lru", 60)]
    [InlineData("lru-layer", 40)]
    [InlineData("least-stale", 30)]
    [InlineData("on-demand", 60)]
    public void Hits_AreThoseOfTheRun(string method, int numSlots)
    {
        using TemporaryFolder folder = new();
        Assert.True(Offloading.TryParse(method, out Offloading? offloading));
        MoeOptions options = new() { Offloading = offloading, Threads = 1, ExpertSlots = numSlots, Readers = 1 };
        using Demo model = Demo.Load(RepositoryFiles.DemoModel, options);
        OffloadingStatistics run = Record(model, folder["trace"]);
        using ActivationTrace trace = ActivationTrace.Open(folder["trace"]);
        SimulationResult simulated = SimulationCase.Run(trace, SimulationCase.Named(method), numSlots);

        UseCounts counts = simulated.Prefill.Counts + simulated.Decode.Counts;
        Assert.Equal((run.Hits, run.LateHits, run.Misses), (counts.Hits, counts.LateHits, counts.Misses));
        Assert.Equal(run.Evictions, simulated.Evictions);
        Assert.Equal(run.Passes, simulated.Prefill.Passes + simulated.Decode.Passes);
    }

    // prompts of one token, whose layers never compute in waves: in which order waves arrive is a matter of time
    private static OffloadingStatistics Record(Demo model, string path)
    {
        using TraceRecorder recorder = new(path, model.Info);
        using ForwardPass pass = model.CreatePass(1, 1);
        pass.Observer = recorder;
        Random random = new(7);
        for (int text = 0; text < 3; text++)
        {
            using Sequence sequence = model.CreateSequence();
            recorder.StartSequence();
            for (int i = 0; i < 40; i++)
            {
                model.Run(pass, sequence, [random.Next(model.Info.VocabSize)], 1, CancellationToken.None);
                recorder.StartDecoding();
            }
        }

        recorder.Commit(CancellationToken.None);
        return model.Statistics;
    }
}
