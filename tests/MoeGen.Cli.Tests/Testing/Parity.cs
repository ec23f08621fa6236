using System.Text.Json.Nodes;
using MoeGen.Testing;
using MoeGen.Weights;

namespace MoeGen.Cli.Tests.Testing;

/// <summary>How far the runtime is from the reference on one case.</summary>
/// <param name="LogitDifference">Largest difference of a logit, as a share of the largest logit, at least of 1.</param>
/// <param name="ProbabilityDifference">Largest difference of a router's probability or weight.</param>
/// <param name="HasSameExperts">Every token has the same experts in every layer, best first.</param>
/// <param name="HasSameGreedyTokens">The tokens that follow by choosing the best are the same.</param>
internal sealed record Parity(double LogitDifference, double ProbabilityDifference, bool HasSameExperts, bool HasSameGreedyTokens)
{
    private const int NumGreedyTokens = 6;

    /// <summary>Runs `moegen logits` on a case and compares.</summary>
    public static async Task<Parity> Of(string folder, params string[] options)
    {
        string tokens = Path.Combine(folder, "tokens.json"), expected = Path.Combine(folder, "expected.safetensors");
        using TemporaryFolder temporary = new();
        string output = temporary["logits.safetensors"];
        CliRun run = await CliRun.Of(
            ["logits", folder, "--tokens", tokens, "-o", output, "--greedy", $"{NumGreedyTokens}", "--json", .. options]);
        JsonNode? greedy = JsonNode.Parse(File.ReadAllText(tokens))!["greedy_from_prompt"];
        bool hasSameGreedy = greedy is null || greedy.ToJsonString() == run.Json()["greedy"]!.ToJsonString();
        float[] logits = TensorFile.ReadFloats(expected, "logits");
        double logitDifference = Difference(logits, TensorFile.ReadFloats(output, "logits")) / Math.Max(1, logits.Max(Math.Abs));
        double probabilityDifference = 0;
        bool hasSameExperts = true;
        int compared = 0;
        foreach (
            TensorEntry entry in TensorFile.ReadHeader(expected).Values.Where(
                entry => entry.Name.StartsWith("router.", StringComparison.Ordinal)))
        {
            if (entry.Name.EndsWith(".index", StringComparison.Ordinal))
            {
                compared++;
                hasSameExperts &= TensorFile.ReadInts(expected, entry.Name).SequenceEqual(TensorFile.ReadInts(output, entry.Name));
            }
            else if (!entry.Name.EndsWith(".logits", StringComparison.Ordinal))
            {
                double difference = Difference(TensorFile.ReadFloats(expected, entry.Name), TensorFile.ReadFloats(output, entry.Name));
                probabilityDifference = Math.Max(probabilityDifference, difference);
            }
        }

        return new Parity(logitDifference, probabilityDifference, hasSameExperts && compared > 0, hasSameGreedy);
    }

    private static double Difference(float[] reference, float[] actual) =>
        reference.Length == actual.Length
            ? reference.Zip(actual, (a, b) => Math.Abs((double)a - b)).Max()
            : throw new InvalidOperationException($"{actual.Length} values; expected {reference.Length}");
}
