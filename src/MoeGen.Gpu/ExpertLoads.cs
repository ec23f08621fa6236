using MoeGen.Engine;

namespace MoeGen.Gpu;

/// <summary>
/// How many tokens of a sequence each expert has taken; the processor counts them, see <see cref="MoeGen.Experts.ExpertLoads"/>.
/// </summary>
public readonly struct ExpertLoads
{
    private readonly MoeGen.Experts.ExpertLoads _loads;

    internal ExpertLoads(MoeGen.Experts.ExpertLoads loads) => _loads = loads;

    /// <summary>Drops the choices of experts that have taken their number of tokens.</summary>
    /// <param name="routing">Choices, one for each token, in host memory; those that are dropped become -1.</param>
    /// <param name="layer">0-based layer, those of an encoder counted first.</param>
    /// <param name="limit">Tokens of a sequence that an expert takes (<c>expert_capacity</c>).</param>
    /// <param name="segment">The sequence's tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Limit(Routing routing, int layer, int limit, Segment segment, Worker worker) =>
        _loads.Limit(routing.Host, layer, limit, segment.Host, worker);
}
