namespace MoeGen.Benchmarks;

/// <summary>A benchmark cannot go on; the message is one line.</summary>
internal sealed class BenchmarkException(string message) : MoeGenException(message);
