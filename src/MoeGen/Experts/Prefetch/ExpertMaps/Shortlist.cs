namespace MoeGen.Experts.Prefetch.ExpertMaps;

/// <summary>Picks the best of many by a small number, in two walks and without sorting. Allocates nothing; for one thread.</summary>
internal sealed class Shortlist
{
    /// <summary>Grades are below this.</summary>
    public const int NumGrades = 4096;

    private readonly int[] _numOf = new int[NumGrades];

    /// <summary>Picks the best.</summary>
    /// <param name="grades">Of each, 0 to <see cref="NumGrades"/> - 1; more is better.</param>
    /// <param name="picked">Takes the indices, ascending; as many are picked as it has room for. Of the worst grade picked, the first.</param>
    /// <returns>Indices picked: all when there is room for all.</returns>
    public int Pick(ReadOnlySpan<ushort> grades, Span<int> picked)
    {
        Array.Clear(_numOf);
        foreach (ushort grade in grades)
        {
            _numOf[grade]++;
        }

        int worst = NumGrades;
        int room = picked.Length;
        while (worst > 0 && _numOf[worst - 1] <= room)
        {
            room -= _numOf[--worst];
        }

        int count = 0;
        for (int i = 0; i < grades.Length && count < picked.Length; i++)
        {
            if (grades[i] >= worst || (grades[i] == worst - 1 && room-- > 0))
            {
                picked[count++] = i;
            }
        }

        return count;
    }
}
