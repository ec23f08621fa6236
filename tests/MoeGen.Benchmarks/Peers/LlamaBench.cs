using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Peers;

/// <summary>The `llama-bench` of llama.cpp or of ik_llama.cpp, which takes the same options and prints the same objects.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Setting">Further options.</param>
/// <param name="Program">Its path.</param>
internal sealed record LlamaBench(string Name, string Setting, string Program) : InferenceEngine(Name, Setting)
{
    public const string CommitKey = "commit";

    /// <inheritdoc/>
    public override async Task<JsonObject> MeasureAsync(ModelPair pair, int threads, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(
            Program,
            [
                "-m", pair.Gguf, "-t", $"{threads}", "-p", string.Join(',', pair.PromptLengths), "-n", $"{NumDecoded}", "-r", $"{pair.Repetitions}", "-o", "json",
                .. Setting.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ]);
        return Read((await ChildProcess.RunAsync(start, Name, cancellationToken)).Output, pair.PromptLengths);
    }

    /// <summary>Speeds from what the program printed.</summary>
    /// <param name="output">An array of tests, maybe behind other lines.</param>
    /// <param name="promptLengths">Tokens of the prompts among them.</param>
    /// <exception cref="BenchmarkException">There is none, or a test is missing.</exception>
    internal JsonObject Read(string output, IReadOnlyList<int> promptLengths)
    {
        JsonArray tests;
        try
        {
            tests = JsonNode.Parse(output[Math.Max(0, output.IndexOf('[', StringComparison.Ordinal))..])!.AsArray();
        }
        catch (JsonException exception)
        {
            throw new BenchmarkException($"{Program}: printed no JSON: {exception.Message}");
        }

        JsonObject result = new() { [DecodeKey] = SpeedOf(tests, 0, NumDecoded) };
        foreach (int length in promptLengths)
        {
            result[PrefillKey(length)] = SpeedOf(tests, length, 0);
        }

        result[CommitKey] = tests[0]!["build_commit"]?.DeepClone();
        return result;
    }

    private double SpeedOf(JsonArray tests, int numPrompt, int numDecoded) =>
        tests.FirstOrDefault(test => (int)test!["n_prompt"]! == numPrompt && (int)test["n_gen"]! == numDecoded)?["avg_ts"]?.GetValue<double>()
        ?? throw new BenchmarkException($"{Program}: printed no test of {numPrompt} prompt tokens and {numDecoded} generated ones");
}
