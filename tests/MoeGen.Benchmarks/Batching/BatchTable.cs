using MoeGen.Benchmarks.Report;

namespace MoeGen.Benchmarks.Batching;

/// <summary>What sequences gain together, beside what reading each expert once would allow.</summary>
internal static class BatchTable
{
    /// <summary>Medians of the runs of each model and number of threads; those of one sequence are what the others are compared with.</summary>
    public static MarkdownTable Of(IEnumerable<BatchRun> runs)
    {
        MarkdownTable table = new(
            "model", "format", "threads", "sequences", "in a step", "tokens/s", "distinct experts", "MB of weights", "gain", "allowed",
            "of it, %");
        foreach (IGrouping<(string Model, string Format, int Threads), BatchRun> group in runs.GroupBy(run => (run.Model, run.Format, run.Threads)))
        {
            BatchRun[] medians = [.. group.GroupBy(run => run.Sequences).OrderBy(rounds => rounds.Key).Select(MedianOf)];
            BatchRun alone = medians[0];
            foreach (BatchRun run in medians)
            {
                double gain = run.TokensPerSecond / alone.TokensPerSecond;
                double allowed = run.SequencesPerStep * alone.BytesPerStep / run.BytesPerStep;
                table.Add(
                    run.Model, run.Format, Format.Number(run.Threads), Format.Number(run.Sequences), Format.Digits(run.SequencesPerStep),
                    Format.Digits(run.TokensPerSecond), Format.Digits(run.ExpertsPerStep), Format.Megabytes(run.BytesPerStep),
                    Format.Digits(gain), Format.Digits(allowed), Format.Number(100 * gain / allowed));
            }
        }

        return table;
    }

    private static BatchRun MedianOf(IEnumerable<BatchRun> rounds)
    {
        double Median(Func<BatchRun, double> value) => Results.Median.Of(rounds.Select(value));
        return rounds.First() with
        {
            TokensPerSecond = Median(run => run.TokensPerSecond),
            SequencesPerStep = Median(run => run.SequencesPerStep),
            ExpertsPerStep = Median(run => run.ExpertsPerStep),
            BytesPerStep = Median(run => run.BytesPerStep),
        };
    }
}
