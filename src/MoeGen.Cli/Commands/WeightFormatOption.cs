using System.CommandLine.Parsing;
using MoeGen.Generator.Spec;

namespace MoeGen.Cli.Commands;

/// <summary>Formats of matrices as command lines name them: <c>bf16</c>.</summary>
internal static class WeightFormatOption
{
    /// <summary>All names, for people.</summary>
    public static string Names { get; } = string.Join(", ", Enum.GetValues<WeightFormat>().Select(NameOf));

    /// <summary>The format of a name; null: there is none.</summary>
    public static WeightFormat? Of(string name) =>
        Enum.GetValues<WeightFormat>().Where(format => NameOf(format) == name.ToLowerInvariant()).Cast<WeightFormat?>().FirstOrDefault();

    /// <summary>Reads an option that may be given several times.</summary>
    public static WeightFormat[] ParseAll(ArgumentResult result)
    {
        List<WeightFormat> formats = [];
        foreach (Token token in result.Tokens)
        {
            if (Of(token.Value) is { } format)
            {
                formats.Add(format);
            }
            else
            {
                result.AddError($"--format is {token.Value}; expected one of {Names}.");
            }
        }

        return [.. formats.Distinct()];
    }

    private static string NameOf(WeightFormat format) => format.ToString().ToLowerInvariant();
}
