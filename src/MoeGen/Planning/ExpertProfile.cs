namespace MoeGen.Planning;

/// <summary>
/// What one expert costs on this machine, and the time of a decoded token that follows from it. The experts of all layers have one shape,
/// so one of them stands for all.
/// </summary>
/// <param name="Bytes">Bytes of its slot.</param>
/// <param name="LoadMs">Time to read it from disk, with nothing else to do.</param>
/// <param name="ComputeMs">Time that one token takes in it; 0 where a token uses one expert of a layer, whose time is then in the rest.</param>
/// <param name="RestMs">Time of a decoded token outside the experts.</param>
/// <param name="NumLayers">Sparse layers.</param>
/// <param name="TopK">Experts chosen per token.</param>
/// <remarks>Source: SwapMoE (arXiv 2308.15030), section 3.3 and appendix A.</remarks>
internal sealed record ExpertProfile(long Bytes, double LoadMs, double ComputeMs, double RestMs, int NumLayers, int TopK)
{
    /// <summary>Time of a decoded token where every layer has all experts that its router chooses.</summary>
    public double FullMs => RestMs + (NumLayers * TopK * ComputeMs);

    /// <summary>Time of a decoded token: layers with fewer Virtual Experts than a token chooses compute only those.</summary>
    /// <param name="expertsPerLayer">Virtual Experts of each layer, [layers].</param>
    public double TpotMs(ReadOnlySpan<int> expertsPerLayer)
    {
        int computed = 0;
        foreach (int count in expertsPerLayer)
        {
            computed += Math.Min(count, TopK);
        }

        return RestMs + (computed * ComputeMs);
    }
}
