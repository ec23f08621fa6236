using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Benchmarks.Results;
using MoeGen.Cli.Charts;
using MoeGen.Cli.Output;

namespace MoeGen.Benchmarks.Report;

/// <summary>docs/offloading.md with its charts, from the results file alone.</summary>
internal sealed class OffloadingPage
{
    /// <summary>The method that the page is about.</summary>
    public const string Subject = "finemoe";

    private const string Name = "offloading";

    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, string> _charts = []; // SVG by file name
    private readonly ResultsFile _results;
    private readonly string _command;

    /// <summary>Prepares the page.</summary>
    /// <param name="results">What it shows.</param>
    /// <param name="command">The command that it is written by, where nothing was measured.</param>
    public OffloadingPage(ResultsFile results, string command)
    {
        _results = results;
        _command = results.Conditions?["command"]!.GetValue<string>() ?? command;
    }

    /// <summary>Writes page and charts; those that no longer belong to it go.</summary>
    /// <param name="folder">The folder of the pages.</param>
    public void Write(string folder)
    {
        AddHead();
        if (_results.Conditions is { } conditions && _results.Samples is { Count: > 0 } samples)
        {
            MeasuredSection.AddTo(this, conditions, samples);
        }

        if (_results.Trace is { } trace)
        {
            JsonNode[] simulations = [.. _results.Simulations.Select(record => record["simulation"]!)];
            SimulatedSection.AddTo(this, trace["trace"]!, simulations, _results.Ablation);
        }

        string charts = Path.Combine(folder, Name);
        Directory.CreateDirectory(charts);
        foreach ((string name, string svg) in _charts)
        {
            WholeFile.Write(Path.Combine(charts, name), svg);
        }

        foreach (string old in Directory.GetFiles(charts, "*.svg").Where(path => !_charts.ContainsKey(Path.GetFileName(path))))
        {
            File.Delete(old);
        }

        string page = Path.Combine(folder, Name + ".md");
        WholeFile.Write(page, _text.ToString());
        Console.Error.WriteLine($"{page}: written, with {_charts.Count} charts");
    }

    /// <summary>Adds a paragraph or a table, and an empty line before it.</summary>
    public void Add(string block)
    {
        if (_text.Length > 0)
        {
            _text.Append('\n');
        }

        _text.Append(block.ReplaceLineEndings("\n").TrimEnd('\n')).Append('\n');
    }

    public void Add(MarkdownTable table) => Add(table.ToString());

    /// <summary>Adds a chart, unless it has nothing to show.</summary>
    /// <param name="name">Its file's name.</param>
    /// <param name="chart">The chart.</param>
    public void Add(string name, LineChart chart)
    {
        if (chart.Lines.Count > 0)
        {
            _charts.Add(name, chart.ToSvg());
            Add($"![{chart.Title}]({Name}/{name})");
        }
    }

    /// <summary>Tables of the subject against each other method: time of a token, and hit rate.</summary>
    /// <param name="summaries">All methods under all budgets.</param>
    /// <param name="others">The methods to compare with.</param>
    /// <param name="subject">What is compared with them; nothing is added where it has no results.</param>
    public void AddComparison(IReadOnlyList<Summary> summaries, IReadOnlyList<string> others, string subject = Subject)
    {
        IEnumerable<Summary> mine = summaries.Where(summary => summary.Method == subject);
        int[] percents = [.. mine.Select(summary => summary.BudgetPercent).Distinct().OrderDescending()];
        if (percents.Length == 0)
        {
            return;
        }

        Summary? Find(string method, int percent) =>
            summaries.FirstOrDefault(summary => summary.Method == method && summary.BudgetPercent == percent);
        string[] Cells(string other, Func<Summary, Summary, double?> difference) =>
        [
            .. percents.Select(percent => Find(subject, percent) is { } own && Find(other, percent) is { } theirs
                ? Format.Difference(difference(own, theirs))
                : "–"),
        ];

        string[] columns = [.. percents.Select(percent => $"{percent} %")];
        MarkdownTable tpot = new([$"TPOT of {subject} against", .. columns, "in the paper"]);
        MarkdownTable hits = new([$"hit rate of {subject} against", .. columns, "in the paper"]);
        foreach (string other in others)
        {
            (string System, string Tpot, string HitRate)? mark = PaperMarks.Of(other);
            string Paper(string? value) => mark is null ? "" : $"{value} ({mark.Value.System})";
            tpot.Add([other, .. Cells(other, (own, theirs) => own.TpotDifference(theirs)), Paper(mark?.Tpot)]);
            hits.Add([other, .. Cells(other, (own, theirs) => own.HitDifference(theirs)), Paper(mark?.HitRate)]);
        }

        Add(tpot);
        Add(hits);
    }

    private void AddHead()
    {
        Add("# Offloading, measured and simulated");
        Add($"""
            Written by `{_command}`; do not edit. Everything measured or simulated comes from
            [{Name}/{ResultsFile.FileName}]({Name}/{ResultsFile.FileName}), from which `--skip-measurement --skip-simulation` writes the
            page again.
            """);
        Add("""
            How to read this: a **hit** is a use of an expert that was in memory when the router asked for it, a **late hit** one that was
            on its way, a **miss** one that nobody had begun to load. Only hits cost nothing; the hit rate counts them alone. Uses are
            those of decoded tokens, not of prompts. **TPOT** is the time of one decoded token. The **stall share** is the part of that
            time in which the model waited for experts: a better policy can win no more than this. What a method reads ahead in vain takes
            the disk from what is missing, so that a higher hit rate is not always a shorter TPOT. Methods are those of `moegen run
            --offload`; `on-demand` keeps nothing and is the floor, `resident` has every expert in memory and is the ceiling.
            """);
        Add($"""
            The paper behind `{Subject}` (arXiv 2502.05370) reports {PaperMarks.All}, on six RTX 3090 with experts in host memory and 70 %
            of the prompts as history. Its marks stand beside ours where a method has its system's idea; systems, models and machines
            differ.
            """);
    }
}
