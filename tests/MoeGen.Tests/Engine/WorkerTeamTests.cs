using MoeGen.Engine;

namespace MoeGen.Tests.Engine;

public class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Sync_MakesEveryWriteVisible(int workers)
    {
        // each round every worker adds what all of them wrote in the round before: one late or early worker breaks the sums
        using WorkerTeam team = new(workers);
        long[][] rounds = [.. Enumerable.Range(0, 300).Select(_ => new long[workers])];
        for (int repeat = 0; repeat < 20; repeat++)
        {
            team.Run(worker =>
            {
                rounds[0][worker.Index] = 1;
                for (int round = 1; round < rounds.Length; round++)
                {
                    worker.Sync();
                    rounds[round][worker.Index] = rounds[round - 1].Sum() % 1_000_003;
                }
            });
            long expected = 1;
            foreach (long[] round in rounds)
            {
                Assert.All(round, value => Assert.Equal(expected, value));
                expected = expected * workers % 1_000_003;
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void WorkersException_ReachesTheCallerAndTheTeamGoesOn(int workers)
    {
        Random random = new(9);
        using WorkerTeam team = new(workers);
        for (int i = 0; i < 200; i++)
        {
            int faulty = random.Next(workers), round = random.Next(6);
            InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => team.Run(worker =>
            {
                for (int r = 0; r < 6; r++)
                {
                    if (worker.Index == faulty && r == round)
                    {
                        throw new InvalidOperationException("broken on purpose");
                    }

                    worker.Sync();
                }
            }));
            Assert.Equal("broken on purpose", exception.Message);

            int done = 0;
            team.Run(worker =>
            {
                worker.Sync();
                Interlocked.Increment(ref done);
            });
            Assert.Equal(workers, done);
        }
    }

    [Fact]
    public void Run_AfterASleep_WakesEveryWorker()
    {
        using WorkerTeam team = new(4);
        for (int i = 0; i < 30; i++)
        {
            // longer than workers spin, so that most of them sleep by now
            Thread.Sleep(2);
            int done = 0;
            team.Run(_ => Interlocked.Increment(ref done));
            Assert.Equal(4, done);
        }
    }

    [Fact]
    public void Run_LateWorker_IsWaitedFor()
    {
        using WorkerTeam team = new(3);
        for (int i = 0; i < 30; i++)
        {
            // longer than the caller spins, so that it sleeps until the last one is done
            int late = i % 3, done = 0;
            team.Run(worker =>
            {
                Thread.Sleep(worker.Index == late ? 2 : 0);
                Interlocked.Increment(ref done);
            });
            Assert.Equal(3, done);
        }
    }

    [Fact]
    public void Run_Pinned_KeepsWorkersOnProcessorsOfTheirOwnAndTheCallerFree()
    {
        int[] processors = ProcessorAffinity.Allowed();
        Assert.SkipUnless(processors.Length >= 2, "needs two processors, and a system that says which");
        using WorkerTeam team = new(2, pins: true);
        int[][] seen = new int[2][];
        team.Run(worker => seen[worker.Index] = ProcessorAffinity.Allowed());
        Assert.Equal(processors, seen[0]);
        Assert.Equal([processors[1]], seen[1]);
    }

    [Fact]
    public void Run_PinnedWithFewerProcessorsThanWorkers_PinsNone()
    {
        int[] processors = ProcessorAffinity.Allowed();
        using WorkerTeam team = new(processors.Length + 2, pins: true);
        int[][] seen = new int[team.Count][];
        team.Run(worker => seen[worker.Index] = ProcessorAffinity.Allowed());
        Assert.All(seen, allowed => Assert.Equal(processors, allowed));
    }

    [Fact]
    public void Run_AllocatesNothing()
    {
        using WorkerTeam team = new(2);
        Action<Worker> work = worker =>
        {
            for (int i = 0; i < 10; i++)
            {
                worker.Sync();
            }
        };
        team.Run(work);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            team.Run(work);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void DisposedTeam_RunsNothing()
    {
        WorkerTeam team = new(2);
        team.Dispose();
        team.Dispose();
        Assert.Throws<ObjectDisposedException>(() => team.Run(_ => { }));
    }
}
