using System.Text.Json.Nodes;
using MoeGen.Cli.Tests.Testing;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Cli.Tests;

/// <summary>
/// Small checkpoints whose logits and routing were computed in double precision by an implementation that agrees with Hugging Face
/// transformers: `moegen logits` must give the same, in one go, in chunks and token by token.
/// </summary>
public class ReferenceCaseTests
{
    // of the largest logit, at least of 1: what the cases allow a float32 runtime
    private const double LogitTolerance = 2e-4;
    private const double ProbabilityTolerance = 1e-4;

    private static readonly string[] s_families = ["qwen3_moe", "mixtral", "edge"];

    public static TheoryData<string> Cases => [.. RepositoryFiles.FolderNames(RepositoryFiles.Cases)];

    public static TheoryData<string> SharedCases
    {
        get
        {
            string[] names =
            [
                .. RepositoryFiles.FolderNames(Path.Combine(RepositoryFiles.Shared, "cases"))
                    .Where(name => s_families.Any(family => name.StartsWith(family + "-", StringComparison.Ordinal))),
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
        string tokens = Path.Combine(folder, "tokens.json"), expected = Path.Combine(folder, "expected.safetensors");
        JsonNode? greedy = JsonNode.Parse(File.ReadAllText(tokens))!["greedy_from_prompt"];
        using TemporaryFolder temporary = new();
        string output = temporary["logits.safetensors"];
        foreach (string[] options in (string[][])[[], ["--chunk", "1"], ["--chunk", "3", "--threads", "3"]])
        {
            CliRun run = await CliRun.Of(["logits", folder, "--tokens", tokens, "-o", output, "--greedy", "6", "--json", .. options]);
            JsonObject json = run.Json();
            CompareLogits(expected, output);
            CompareRouting(expected, output);
            if (greedy is not null)
            {
                Assert.Equal(greedy.ToJsonString(), json["greedy"]!.ToJsonString());
            }
        }
    }

    private static void CompareLogits(string expected, string output)
    {
        float[] reference = TensorFile.ReadFloats(expected, "logits"), actual = TensorFile.ReadFloats(output, "logits");
        double scale = Math.Max(1, reference.Max(Math.Abs));
        Assert.Equal(reference.Length, actual.Length);
        double largest = reference.Zip(actual, (a, b) => Math.Abs((double)a - b)).Max();
        Assert.InRange(largest, 0, LogitTolerance * scale);
    }

    private static void CompareRouting(string expected, string output)
    {
        int compared = 0;
        foreach (
            TensorEntry entry in TensorFile.ReadHeader(expected).Values.Where(
                entry => entry.Name.StartsWith("router.", StringComparison.Ordinal)))
        {
            if (entry.Name.EndsWith(".index", StringComparison.Ordinal))
            {
                compared++;
                Assert.Equal(TensorFile.ReadInts(expected, entry.Name), TensorFile.ReadInts(output, entry.Name));
            }
            else if (!entry.Name.EndsWith(".logits", StringComparison.Ordinal))
            {
                float[] reference = TensorFile.ReadFloats(expected, entry.Name), actual = TensorFile.ReadFloats(output, entry.Name);
                Assert.All(reference.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, ProbabilityTolerance));
            }
        }

        Assert.True(compared > 0, "no routing in the expected file");
    }
}
