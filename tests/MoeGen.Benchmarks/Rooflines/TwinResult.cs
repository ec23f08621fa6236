namespace MoeGen.Benchmarks.Rooflines;

/// <summary>The same work in two ways: with sizes that the compiler knows, and with sizes that it does not.</summary>
/// <param name="Work">The kernel, or the model and what it does.</param>
/// <param name="Shape">The sizes.</param>
/// <param name="Format">Format of the weights, or of keys and values.</param>
/// <param name="NumTokens">Tokens of a run.</param>
/// <param name="ConstantSeconds">Seconds of a token with constants.</param>
/// <param name="RunTimeSeconds">Seconds of a token without.</param>
/// <param name="Gain">How much longer it takes without, 0.1 for 10 %; from what stood side by side.</param>
internal sealed record TwinResult(
    string Work, string Shape, string Format, int NumTokens, double ConstantSeconds, double RunTimeSeconds, double Gain);
