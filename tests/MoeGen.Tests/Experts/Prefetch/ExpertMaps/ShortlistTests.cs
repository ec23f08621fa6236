using MoeGen.Experts.Prefetch.ExpertMaps;

namespace MoeGen.Tests.Experts.Prefetch.ExpertMaps;

public class ShortlistTests
{
    [Fact]
    public void Picks_AreTheBestAscending_OfTheWorstTheFirst()
    {
        Shortlist shortlist = new();
        Assert.Equal([1, 3, 4], Pick(shortlist, [5, 9, 5, 7, 7, 7], 3));
        Assert.Equal([1], Pick(shortlist, [5, 9, 5, 7, 7, 7], 1));
        Assert.Equal([0, 1, 3, 4, 5], Pick(shortlist, [5, 9, 5, 7, 7, 7], 5));
        Assert.Equal([0, 1], Pick(shortlist, [0, Shortlist.NumGrades - 1], 8));
        Assert.Equal([], Pick(shortlist, [1, 2], 0));
        Assert.Equal([], Pick(shortlist, [], 2));
    }

    [Fact]
    public void Picks_EqualAStableSort()
    {
        Random random = new(3);
        Shortlist shortlist = new();
        for (int i = 0; i < 200; i++)
        {
            int numGrades = random.Next(1, Shortlist.NumGrades + 1);
            ushort[] grades = [.. Enumerable.Range(0, random.Next(60)).Select(_ => (ushort)random.Next(numGrades))];
            int room = random.Next(70);
            int[] expected = [.. Enumerable.Range(0, grades.Length).OrderByDescending(index => grades[index]).Take(room).Order()];
            Assert.Equal(expected, Pick(shortlist, grades, room));
        }
    }

    private static int[] Pick(Shortlist shortlist, ushort[] grades, int room)
    {
        int[] picked = new int[room];
        return picked[..shortlist.Pick(grades, picked)];
    }
}
