using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Planning;

/// <summary>The memory of a model by its number of Virtual Experts: the arithmetic of <see cref="MemoryPlan"/>, by which it is loaded.</summary>
internal sealed class PlanMemory
{
    private readonly MemoryPlan _memory; // with all slots that the budget allows
    private readonly int _spareSlots;

    /// <summary>Computes what a budget allows.</summary>
    /// <param name="info">The model.</param>
    /// <param name="options">Context, prefill chunk and the budget that is planned for.</param>
    /// <param name="swap">The choices of the method.</param>
    /// <exception cref="MemoryBudgetTooSmallException">The model does not run in the budget.</exception>
    public PlanMemory(ModelInfo info, MoeOptions options, SwapOptions swap)
    {
        _memory = MemoryPlan.For(info, options with { Offloading = Offloading.SwapMoE(swap with { Plan = null }) });
        _spareSlots = swap.SpareSlots;
    }

    /// <summary>Whether every expert fits, so that there is nothing to plan.</summary>
    public bool IsResident => _memory.IsResident;

    /// <summary>The budget from which on every expert fits.</summary>
    public long ResidentBytes => _memory.ResidentBytes;

    /// <summary>Most Virtual Experts of all layers together.</summary>
    public int MaxTotal => _memory.IsResident ? _memory.NumExperts : _memory.NumSlots - _spareSlots;

    /// <summary>Bytes that the model holds with so many Virtual Experts, the slots that swaps go through included.</summary>
    /// <param name="total">Virtual Experts of all layers together.</param>
    public long BytesFor(int total) =>
        (_memory with { NumSlots = total == _memory.NumExperts ? total : Math.Min(total + _spareSlots, _memory.NumExperts - 1) }).TotalBytes;
}
