using System.Globalization;
using System.Text.Json.Nodes;

namespace MoeGen.Benchmarks.Peers;

/// <summary>A program that runs models, with one choice of its options.</summary>
/// <param name="Name">The program.</param>
/// <param name="Setting">Options that differ from its defaults; empty: none.</param>
internal abstract record InferenceEngine(string Name, string Setting)
{
    /// <summary>Tokens of a text whose decoding is measured.</summary>
    public const int NumDecoded = 64;

    /// <summary>Key of the speed of decoding.</summary>
    public const string DecodeKey = "decode";

    public const string PrefillPrefix = "prefill_";

    /// <summary>Measures decoding and prompts, in tokens per second, and keeps what the program says of itself.</summary>
    /// <param name="pair">The model.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <exception cref="BenchmarkException">The program failed.</exception>
    public abstract Task<JsonObject> MeasureAsync(ModelPair pair, int threads, CancellationToken cancellationToken);

    /// <summary>Key of the speed of prompts.</summary>
    /// <param name="numTokens">Their length.</param>
    public static string PrefillKey(int numTokens) => PrefillPrefix + numTokens.ToString(CultureInfo.InvariantCulture);
}
