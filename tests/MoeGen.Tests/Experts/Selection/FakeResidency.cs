using MoeGen.Experts.Selection;

namespace MoeGen.Tests.Experts.Selection;

/// <summary>Experts that are in memory, all but some, in every layer.</summary>
internal sealed class FakeResidency(params int[] missing) : IResidency
{
    public bool IsResident(int layer, int expert) => !missing.Contains(expert);
}
