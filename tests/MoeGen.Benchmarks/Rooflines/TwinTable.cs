using MoeGen.Benchmarks.Report;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>Times with and without constants.</summary>
internal static class TwinTable
{
    public static MarkdownTable Of(IEnumerable<TwinResult> results)
    {
        MarkdownTable table = new(
            "what", "shape", "format", "tokens", "with constants: us a token", "without: us a token", "longer without");
        foreach (TwinResult result in results)
        {
            table.Add(
                result.Work, result.Shape, result.Format, Format.Number(result.NumTokens), Format.Digits(1e6 * result.ConstantSeconds),
                Format.Digits(1e6 * result.RunTimeSeconds), Format.Difference(result.Gain));
        }

        return table;
    }
}
