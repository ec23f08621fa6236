using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests;

/// <summary>Writes docs/parity.md from what the cases of this repository give, and fails where the committed one says something else.</summary>
public class ParityTableTests
{
    private const string UpdateVariable = "UPDATE_SNAPSHOTS";

    private static readonly string s_path = Path.Combine(RepositoryFiles.Root, "docs", "parity.md");

    [Fact]
    public async Task ParityTable_SaysWhatTheCasesGive()
    {
        StringBuilder table = new("""
            # Parity with the reference

            Written by the test run (`ParityTableTests`) from the cases in [tests/cases](../tests/cases): small checkpoints of every family whose logits and routing were
            computed in double precision by an implementation that agrees with Hugging Face transformers. The differences are the largest of all tokens, prefilled in
            one go, as a share of the largest logit (at least of 1), rounded up to 1, 2 or 5 times a power of ten; the cases allow 2e-4.

            | case | shows | stored as | logits differ by at most | same experts | same greedy tokens |
            |---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (string name in RepositoryFiles.FolderNames(RepositoryFiles.Cases).Order(StringComparer.Ordinal))
        {
            string folder = Path.Combine(RepositoryFiles.Cases, name);
            JsonNode about = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!;
            Parity parity = await Parity.Of(folder);
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {about["shows"]} | {about["stored"]} | {RoundUp(parity.LogitDifference)} ");
            table.Append(CultureInfo.InvariantCulture, $"| {Words(parity.HasSameExperts)} | {Words(parity.HasSameGreedyTokens)} |\n");
        }

        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(s_path)!);
            await File.WriteAllTextAsync(s_path, table.ToString(), TestContext.Current.CancellationToken);
        }

        Assert.Equal(table.ToString(), await File.ReadAllTextAsync(s_path, TestContext.Current.CancellationToken));
    }

    // coarse, so that processors with other vectors write the same table; nothing below 1e-5 matters
    private static string RoundUp(double difference)
    {
        foreach (double bound in (double[])[1e-5, 2e-5, 5e-5, 1e-4, 2e-4])
        {
            if (difference <= bound)
            {
                return bound.ToString("0e-0", CultureInfo.InvariantCulture);
            }
        }

        return "more than 2e-4";
    }

    private static string Words(bool value) => value ? "yes" : "no";
}
