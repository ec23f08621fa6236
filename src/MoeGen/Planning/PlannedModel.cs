namespace MoeGen.Planning;

/// <summary>A model that is planned for, which is loaded once for each configuration that is tried.</summary>
/// <param name="Info">The model.</param>
/// <param name="Load">Loads it; the caller disposes it.</param>
internal sealed record PlannedModel(ModelInfo Info, Func<MoeOptions, CancellationToken, MoeModel> Load);
