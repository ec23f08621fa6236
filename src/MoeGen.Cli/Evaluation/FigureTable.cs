using System.Globalization;
using System.Net;
using System.Text;

namespace MoeGen.Cli.Evaluation;

/// <summary>A table of an evaluation: the first column holds names, the others figures. For a terminal and for a page.</summary>
internal sealed class FigureTable
{
    private const string Gap = "  ";
    private const string Nothing = "-";

    private readonly List<string[]> _rows = []; // titles first

    public FigureTable(params string[] titles)
    {
        _rows.Add(titles);
    }

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>A number with so many decimals; a dash where there is none.</summary>
    public static string Number(double? value, int decimals) => value?.ToString("N" + decimals, CultureInfo.InvariantCulture) ?? Nothing;

    /// <summary>0.123: 12.3 %.</summary>
    public static string Percent(double? share) => share is { } value ? Number(100 * value, 1) + " %" : Nothing;

    /// <summary>A number of bytes; a dash where there is none.</summary>
    public static string Size(double? bytes) => bytes is { } value ? new ByteSize((long)value).ToString() : Nothing;

    /// <summary>Lines of equal length: names to the left, figures to the right.</summary>
    public IEnumerable<string> ToLines()
    {
        int[] widths = [.. Enumerable.Range(0, _rows[0].Length).Select(column => _rows.Max(row => row[column].Length))];
        return _rows.Select(row => string.Join(
            Gap, row.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))));
    }

    public string ToHtml()
    {
        StringBuilder html = new("<div class=\"table\"><table>\n");
        for (int i = 0; i < _rows.Count; i++)
        {
            string cell = i == 0 ? "th" : "td";
            html.Append("<tr>");
            foreach (string text in _rows[i])
            {
                html.Append(CultureInfo.InvariantCulture, $"<{cell}>{WebUtility.HtmlEncode(text)}</{cell}>");
            }

            html.Append("</tr>\n");
        }

        return html.Append("</table></div>\n").ToString();
    }
}
