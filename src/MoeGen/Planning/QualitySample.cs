namespace MoeGen.Planning;

/// <summary>What a run under a configuration was like, beside the exact model on the same text.</summary>
/// <param name="Configuration">The configuration.</param>
/// <param name="Agreement">Share of tokens whose most probable successor is that of the exact model.</param>
/// <param name="Divergence">Mean of KL(exact || model), nats.</param>
internal sealed record QualitySample(SwapConfiguration Configuration, double Agreement, double Divergence);
