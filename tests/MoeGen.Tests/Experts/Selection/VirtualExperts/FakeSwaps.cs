using MoeGen.Experts.Eviction;
using MoeGen.Experts.Selection;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

/// <summary>A cache whose copies end when a test says so.</summary>
internal sealed class FakeSwaps : IExpertSwaps
{
    private readonly Dictionary<int, bool> _ended = [];

    public double CopiesPerStep { get; set; }

    /// <summary>Experts asked for, in order.</summary>
    public List<int> Begun { get; } = [];

    /// <summary>Experts given up, in order.</summary>
    public List<int> GivenUp { get; } = [];

    /// <summary>Experts that were waited for, in order.</summary>
    public List<int> WaitedFor { get; } = [];

    /// <summary>What is given up for experts that layers wait for; null: nothing was said.</summary>
    public IEviction? Eviction { get; private set; }

    /// <summary>Whether copies that are waited for fail.</summary>
    public bool Fails { get; set; }

    public void End(int key, bool isResident = true) => _ended[key] = isResident;

    public void EvictBy(IEviction eviction) => Eviction = eviction;

    public void Begin(int key) => Begun.Add(key);

    public bool HasEnded(int key, out bool isResident) => _ended.Remove(key, out isResident);

    public void WaitFor(int key)
    {
        WaitedFor.Add(key);
        End(key, isResident: !Fails);
    }

    public void GiveUp(int key) => GivenUp.Add(key);
}
