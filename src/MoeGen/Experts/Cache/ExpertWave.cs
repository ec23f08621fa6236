namespace MoeGen.Experts.Cache;

/// <summary>
/// The experts of the running layer that are computed next: all that the tokens have chosen when all are resident; otherwise first those that
/// are, then the others as they arrive. Worker 0 fills it in, and all workers read it behind their next Sync.
/// </summary>
internal sealed class ExpertWave(int numExperts)
{
    private readonly int[] _experts = new int[numExperts]; // [Count] 0-based experts of the layer
    private readonly int[] _slots = new int[numExperts]; // [Count] where they are

    /// <summary>Experts of the wave.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the layer has no expert to compute behind these.</summary>
    public bool IsLast { get; set; } = true;

    public int ExpertAt(int index) => _experts[index];

    public int SlotAt(int index) => _slots[index];

    public void Clear() => Count = 0;

    public void Add(int expert, int slot)
    {
        _experts[Count] = expert;
        _slots[Count++] = slot;
    }
}
