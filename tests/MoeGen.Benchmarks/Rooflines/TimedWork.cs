using System.Diagnostics;
using MoeGen.Benchmarks.Results;
using MoeGen.Engine;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>A piece of work that is timed beside others.</summary>
internal sealed class TimedWork
{
    private const double SliceSeconds = 0.006; // a worker that wakes takes a hundredth of it
    private const double WarmUpSeconds = 0.3; // the runtime compiles again, in the background, what has run often
    private const int MinWarmUpSlices = 2;

    private readonly WorkerTeam _team;
    private readonly Action<Worker, int> _run;
    private readonly Action<Worker> _slice;
    private readonly List<double> _seconds = []; // of a run, for each slice
    private int _first; // number of the next run
    private int _runs = 1; // of a slice

    /// <summary>Describes the work.</summary>
    /// <param name="team">Who does it.</param>
    /// <param name="run">A run; all workers call it together, with its number.</param>
    public TimedWork(WorkerTeam team, Action<Worker, int> run)
    {
        _team = team;
        _run = run;
        _slice = RunSlice;
    }

    /// <summary>Seconds of a run, median of the slices.</summary>
    public double Seconds => Median.Of(_seconds);

    /// <summary>Seconds of a run in each slice.</summary>
    public IReadOnlyList<double> Slices => _seconds;

    /// <summary>Times pieces of work in turn, so that a machine that slows down or speeds up favours none of them.</summary>
    /// <param name="seconds">How long to go on.</param>
    /// <param name="minSlices">Slices of each piece, however long they take.</param>
    /// <param name="works">The pieces.</param>
    public static void Alternate(double seconds, int minSlices, params ReadOnlySpan<TimedWork> works)
    {
        long start = Stopwatch.GetTimestamp();
        for (int slice = 0; slice < MinWarmUpSlices || Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds; slice++)
        {
            foreach (TimedWork work in works)
            {
                work.WarmUp();
            }
        }

        start = Stopwatch.GetTimestamp();
        for (int slice = 0; slice < minSlices || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; slice++)
        {
            for (int i = 0; i < works.Length; i++)
            {
                // each second round has the reverse order: what runs behind something else finds its traces in the caches
                TimedWork work = works[slice % 2 == 0 ? i : works.Length - 1 - i];
                work._seconds.Add(work.TimeSlice());
            }
        }
    }

    // as many runs for a slice as fill it
    private void WarmUp() => _runs = (int)Math.Clamp(SliceSeconds / TimeSlice(), 1, 2.0 * _runs);

    private double TimeSlice()
    {
        long start = Stopwatch.GetTimestamp();
        _team.Run(_slice);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / _runs;
        _first += _runs;
        return seconds;
    }

    private void RunSlice(Worker worker)
    {
        int end = _first + _runs;
        for (int run = _first; run < end; run++)
        {
            _run(worker, run);
        }
    }
}
