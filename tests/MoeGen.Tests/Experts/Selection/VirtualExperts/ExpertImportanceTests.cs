using MoeGen.Experts;
using MoeGen.Experts.Selection.VirtualExperts;

namespace MoeGen.Tests.Experts.Selection.VirtualExperts;

public class ExpertImportanceTests
{
    private static readonly ExpertGrid s_grid = new(2, 3, 2);

    [Fact]
    public void Importance_IsInputNormTimesWeightTimesExpertNorm()
    {
        // |(3, 4)| = 5 chooses experts 2 and 0, |(0, 2)| = 2 chooses 2 and 1; norms of layer 1 are 10, 20, 30:
        // expert 0: 5 x 0.25 x 10 = 12.5; 1: 2 x 0.5 x 20 = 20; 2: 5 x 0.75 x 30 + 2 x 0.5 x 30 = 142.5
        ExpertImportance importance = Create(ImportanceScore.Contribution, decay: 0);
        using RoutedTokens routed = new(3, ([3, 4], [2, 0], [0.75f, 0.25f]), ([0, 2], [2, 1], [0.5f, 0.5f]));
        importance.Add(routed.In(1));
        Assert.Equal([0, 0, 0, 0, 0, 0], Values(importance));
        importance.Update();
        Assert.Equal([0, 0, 0, 12.5, 20, 142.5], Values(importance));
    }

    [Fact]
    public void TokenCount_CountsTokens()
    {
        ExpertImportance importance = Create(ImportanceScore.TokenCount, decay: 0);
        using RoutedTokens routed = new(3, ([3, 4], [2, 0], [0.75f, 0.25f]), ([0, 2], [2, 1], [0.5f, 0.5f]));
        importance.Add(routed.In(0));
        importance.Update();
        Assert.Equal([1, 1, 2, 0, 0, 0], Values(importance));
    }

    [Fact]
    public void OldImportance_FadesWithEachUpdate()
    {
        ExpertImportance importance = Create(ImportanceScore.TokenCount, decay: 0.5);
        using RoutedTokens first = RoutedTokens.Of(3, (0, 1), (1, 1)), second = RoutedTokens.Of(3, (1, 1), (2, 1));
        importance.Add(first.In(0));
        importance.Update();
        importance.Add(second.In(0));
        importance.Add(second.In(0));
        importance.Update();
        Assert.Equal([0.5, 2.5, 2, 0, 0, 0], Values(importance));
    }

    [Fact]
    public void EqualImportance_IsDecidedByNormThenKey()
    {
        ExpertImportance importance = Create(ImportanceScore.Contribution, decay: 0);
        Assert.True(importance.IsAbove(2, 1));
        Assert.True(importance.IsAbove(0, 3));
        Assert.False(importance.IsAbove(3, 0));
    }

    private static ExpertImportance Create(ImportanceScore score, double decay)
    {
        ExpertImportance importance = new(s_grid, score, decay);
        importance.SetNorms([10, 20, 30, 10, 20, 30]);
        return importance;
    }

    private static double[] Values(ExpertImportance importance) => [.. Enumerable.Range(0, s_grid.Count).Select(importance.Of)];
}
