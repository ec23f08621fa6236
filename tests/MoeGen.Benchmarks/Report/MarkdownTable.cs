using System.Text;

namespace MoeGen.Benchmarks.Report;

/// <summary>A table of a Markdown page: the first column holds names, the others numbers or, where it says so, words.</summary>
internal sealed class MarkdownTable
{
    private readonly List<string[]> _rows = [];

    /// <summary>Whether the other columns hold words.</summary>
    public bool HasWords { get; init; }

    public MarkdownTable(params string[] titles)
    {
        _rows.Add(titles);
    }

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        StringBuilder text = new();
        for (int i = 0; i < _rows.Count; i++)
        {
            text.Append($"| {string.Join(" | ", _rows[i])} |\n");
            if (i == 0)
            {
                text.Append($"|---|{string.Concat(Enumerable.Repeat(HasWords ? "---|" : "---:|", _rows[i].Length - 1))}\n");
            }
        }

        return text.ToString();
    }
}
