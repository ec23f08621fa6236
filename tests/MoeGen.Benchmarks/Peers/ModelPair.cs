using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Peers;

/// <summary>A model as MoeGen and as the others read it: the same weights in the same format.</summary>
/// <param name="Folder">MoeGen's.</param>
/// <param name="Gguf">The file of the others; the first, if there are several.</param>
/// <param name="PromptLengths">Tokens of the prompts that are measured.</param>
/// <param name="Repetitions">How often a program measures each of them.</param>
internal sealed record ModelPair(string Folder, string Gguf, IReadOnlyList<int> PromptLengths, int Repetitions)
{
    private const int MostRepetitions = 20; // of a small model, whose times are short
    private const double BytesOfOneRepetition = 1e9;

    private static readonly int[] s_promptLengths = [128, 512];

    /// <summary>What the page calls it.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Folder));

    /// <summary>Reads FOLDER=FILE.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="BenchmarkException">It is something else, or a path does not exist.</exception>
    public static ModelPair Parse(string text)
    {
        if (text.Split('=') is not [{ Length: > 0 } folder, { Length: > 0 } file])
        {
            throw new BenchmarkException($"--model {text}: expected FOLDER=FILE.gguf, one model as both sides read it");
        }

        return !File.Exists(file) ? throw new BenchmarkException($"{file}: does not exist; expected a GGUF file")
            : !Directory.Exists(folder) ? throw new BenchmarkException($"{folder}: does not exist; expected a model's folder")
            : new ModelPair(folder, file, s_promptLengths, 1);
    }

    /// <summary>The pair with prompts that its context has room for, and repetitions by its size.</summary>
    /// <param name="inspection">What `moegen inspect` says of the model.</param>
    public ModelPair Of(JsonNode inspection)
    {
        int positions = (int)inspection["max_positions"]!;
        double bytes = (double)inspection["dense_bytes"]! + (double)inspection["expert_bytes_total"]!;
        return this with
        {
            PromptLengths = [.. PromptLengths.Where(length => length + InferenceEngine.NumDecoded < positions)],
            Repetitions = (int)Math.Clamp(BytesOfOneRepetition / bytes, 1, MostRepetitions),
        };
    }
}
