using MoeGen.Benchmarks.Measuring;

namespace MoeGen.Cli.Tests.Benchmarks;

public class MeasurementPlanTests
{
    [Fact]
    public void SecondRound_IsTheFirstReversed()
    {
        Configuration[] all = [.. MeasurementPlan.Configurations(2, [75, 20], ["finemoe", "lru"])];
        Assert.Equal(2 * (1 + (2 * 2)), all.Length);
        Assert.Equal(new Configuration(0, 100, "resident"), all[0]);
        Assert.Equal(new Configuration(0, 75, "finemoe"), all[1]);
        Assert.Equal(all[..5].Reverse().Select(configuration => configuration with { Round = 1 }), all[5..]);
    }

    [Fact]
    public void Texts_TakeTurnsOverTheRounds()
    {
        string[] texts = ["a", "b", "c"];
        Assert.Equal(["a", "b", "c"], MeasurementPlan.TextsOf(texts, 0, 4));
        Assert.Equal(["b", "c", "a"], MeasurementPlan.TextsOf(texts, 1, 4));
        Assert.Equal(["c", "a", "b"], MeasurementPlan.TextsOf(texts, 2, 4));
    }

    [Fact]
    public void AllMethods_AreThoseThatOffload()
    {
        Assert.DoesNotContain("resident", MeasurementPlan.AllMethods);
        Assert.Equal([MeasurementPlan.WithHistory, .. Offloading.ExactNames.Where(name => name != "resident")], MeasurementPlan.AllMethods);
    }
}
