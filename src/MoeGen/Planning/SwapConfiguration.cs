namespace MoeGen.Planning;

/// <summary>What a planner chooses: how often Virtual Experts are updated, and how many each layer has.</summary>
/// <param name="UpdateInterval">Forward passes between two updates, at least 1: the paper's frequency.</param>
/// <param name="ExpertsPerLayer">Virtual Experts of each sparse layer, [layers].</param>
internal sealed record SwapConfiguration(int UpdateInterval, IReadOnlyList<int> ExpertsPerLayer)
{
    /// <summary>Virtual Experts of all layers together.</summary>
    public int Total => ExpertsPerLayer.Sum();
}
