using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Batching;

/// <summary>One measurement of sequences that decode together.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Format">How its matrices are held.</param>
/// <param name="Threads">Threads that compute.</param>
/// <param name="Sequences">Sequences that were asked for.</param>
/// <param name="TokensPerSecond">Decoded tokens of all sequences.</param>
/// <param name="SequencesPerStep">Sequences that a step had, on average.</param>
/// <param name="ExpertsPerStep">Distinct experts that a step used, on average, of all layers.</param>
/// <param name="BytesPerStep">Bytes of weights that a step read.</param>
internal sealed record BatchRun(
    string Model, string Format, int Threads, int Sequences, double TokensPerSecond, double SequencesPerStep, double ExpertsPerStep,
    double BytesPerStep)
{
    public const int PromptTokens = 32;
    public const int DecodedTokens = 64;

    private const int Runs = 2; // behind one that is not counted

    /// <summary>How many sequences decode together.</summary>
    public static int[] SequenceCounts { get; } = [1, 2, 4, 8];

    /// <summary>Measures.</summary>
    /// <exception cref="BenchmarkException">The tool failed.</exception>
    public static async Task<BatchRun> MeasureAsync(
        MoegenTool tool, string model, int threads, int sequences, CancellationToken cancellationToken) =>
        Read((await tool.RunAsync(
            [
                "bench", model, "--threads", $"{threads}", "--sequences", $"{sequences}", "--prompt-tokens", $"{PromptTokens}",
                "--tokens", $"{DecodedTokens + 1}", "--context", $"{PromptTokens + DecodedTokens + 1}", "--runs", $"{Runs}",
            ],
            cancellationToken)).Json);

    /// <summary>Reads what `moegen bench --json` prints.</summary>
    public static BatchRun Read(JsonNode bench) => new(
        (string)bench["model"]!, (string)bench["format"]!, (int)bench["threads"]!, (int)bench["sequences"]!,
        bench["tokens_per_second"]!.GetValue<double>(), bench["sequences_per_step"]!.GetValue<double>(),
        bench["experts_per_step"]!.GetValue<double>(), bench["weight_bytes_per_step"]!.GetValue<double>());
}
