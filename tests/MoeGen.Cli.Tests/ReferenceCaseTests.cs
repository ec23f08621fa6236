using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;

namespace MoeGen.Cli.Tests;

/// <summary>
/// Small checkpoints whose logits and routing were computed in double precision by an implementation that agrees with Hugging Face
/// transformers: `moegen logits` must give the same, in one go, in chunks and token by token.
/// </summary>
public class ReferenceCaseTests
{
    // what the cases allow a float32 runtime
    private const double LogitTolerance = 2e-4;
    private const double ProbabilityTolerance = 1e-4;

    public static TheoryData<string> Cases => [.. RepositoryFiles.FolderNames(RepositoryFiles.Cases)];

    public static TheoryData<string> SharedCases
    {
        get
        {
            string[] names =
            [
                .. RepositoryFiles.FolderNames(Path.Combine(RepositoryFiles.Shared, "cases"))
                    .Where(name => !name.StartsWith("bad-", StringComparison.Ordinal)),
            ];
            return [.. names.DefaultIfEmpty("qwen3_moe-a")];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Case_GivesTheExpectedLogitsAndRouting(string name) => Check(Path.Combine(RepositoryFiles.Cases, name));

    [Theory]
    [MemberData(nameof(SharedCases))]
    public Task SharedCase_GivesTheExpectedLogitsAndRouting(string name) => Check(RepositoryFiles.RequireShared($"cases/{name}"));

    private static async Task Check(string folder)
    {
        foreach (string[] options in (string[][])[[], ["--chunk", "1"], ["--chunk", "3", "--threads", "3"]])
        {
            Parity parity = await Parity.Of(folder, options);
            Assert.InRange(parity.LogitDifference, 0, LogitTolerance);
            Assert.InRange(parity.ProbabilityDifference, 0, ProbabilityTolerance);
            Assert.True(parity.HasSameExperts, "other experts");
            Assert.True(parity.HasSameGreedyTokens, "other greedy tokens");
        }
    }
}
