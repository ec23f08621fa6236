namespace MoeGen.Generator.Spec;

/// <summary>The norms of the residual stream. Immutable, value-equal; adding a member must keep both.</summary>
/// <param name="IsLayerNorm">LayerNorm with weight and bias; otherwise RMSNorm with a weight.</param>
/// <param name="Epsilon">Added to the variance, or to the mean square.</param>
internal sealed record NormSpec(bool IsLayerNorm, double Epsilon);

/// <summary>
/// Constant factors of the residual stream (Granite, muP). Immutable, value-equal; adding a member must keep both.
/// </summary>
/// <param name="Embedding">On the embedding of a token.</param>
/// <param name="Residual">On what attention and feed-forward part add.</param>
/// <param name="Logits">On the scores of the vocabulary.</param>
internal sealed record MultiplierSpec(double Embedding = 1, double Residual = 1, double Logits = 1);

/// <summary>Blocks of an FP8 checkpoint that share a scale. Immutable, value-equal; adding a member must keep both.</summary>
internal sealed record Fp8BlockSpec(int Rows, int Columns);
