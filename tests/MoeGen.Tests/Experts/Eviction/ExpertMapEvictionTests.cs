using MoeGen.Experts.Eviction;

namespace MoeGen.Tests.Experts.Eviction;

public class ExpertMapEvictionTests
{
    [Fact]
    public void Worth_IsProbabilityTimesFrequency()
    {
        // uses 3, 1, 0; p .1, .5, .6: .1 x 4 = .4, .5 x 2 = 1, .6 x 1 = .6
        EvictionCase cache = Case();
        Assert.Equal([(0, 0), (1, 2), (0, 1)], cache.Order(new ExpertMapEviction()));
    }

    [Fact]
    public void WithoutProbability_FrequencyDecides() =>
        Assert.Equal([(1, 2), (0, 1), (0, 0)], Case().Order(new ExpertMapEviction(usesProbability: false)));

    [Fact]
    public void ThisSequence_CountsTokensSinceALayerFirstRanForIt()
    {
        // layer 0 has begun a new sequence: .1 x 1 = .1, .5 x 1 = .5; layer 1 still counts: .6 x 1
        EvictionCase cache = Case();
        cache.Usage.StartSequence(0);
        Assert.Equal([(0, 0), (0, 1), (1, 2)], cache.Order(new ExpertMapEviction()));
    }

    [Fact]
    public void WhileCached_ForgetsUsesBeforeTheLastAdmission()
    {
        // (0, 0) has come back: .1 x 1 = .1
        EvictionCase cache = Case();
        cache.Usage.OnAdmitted(0);
        Assert.Equal([(0, 0), (1, 2), (0, 1)], cache.Order(new ExpertMapEviction(ExpertFrequency.WhileCached)));
        Assert.Equal([(0, 0), (1, 2), (0, 1)], cache.Order(new ExpertMapEviction(ExpertFrequency.WhileCached, usesProbability: false)));
        Assert.Equal([(1, 2), (0, 1), (0, 0)], cache.Order(new ExpertMapEviction(ExpertFrequency.WholeRun, usesProbability: false)));
    }

    [Fact]
    public void Aged_DividesByThePassesSinceTheLastUse()
    {
        // pass 4: (0, 0) used three times in pass 1: 4 / 4 = 1; (0, 1) once in pass 4: 2 / 1 = 2
        EvictionCase cache = new EvictionCase(2, 3).Use((0, 0), (0, 0), (0, 0));
        cache.Pass = 4;
        cache.Use((0, 1));
        Assert.Equal([(0, 0), (0, 1)], cache.Order(new ExpertMapEviction(ExpertFrequency.Aged, usesProbability: false)));
    }

    [Fact]
    public void NothingPredicted_IsLfu()
    {
        EvictionCase cache = new EvictionCase(2, 3).Use((0, 0), (1, 1), (1, 1));
        Assert.Equal([(0, 0), (1, 1)], cache.Order(new ExpertMapEviction()));
    }

    private static EvictionCase Case()
    {
        EvictionCase cache = new EvictionCase(2, 3).Use((0, 0), (0, 0), (0, 0), (0, 1));
        cache.Admit(1, 2);
        cache.Usage.Probability[cache.Grid.KeyOf(0, 0)] = 0.1f;
        cache.Usage.Probability[cache.Grid.KeyOf(0, 1)] = 0.5f;
        cache.Usage.Probability[cache.Grid.KeyOf(1, 2)] = 0.6f;
        return cache;
    }
}
