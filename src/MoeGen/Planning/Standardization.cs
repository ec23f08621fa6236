namespace MoeGen.Planning;

/// <summary>Moves and scales columns of numbers to mean 0 and deviation 1, which nets learn best from, and back.</summary>
internal sealed class Standardization
{
    private readonly double[] _means; // [columns]
    private readonly double[] _deviations; // [columns]; 1 where a column never changes

    /// <summary>Takes mean and deviation from examples.</summary>
    /// <param name="rows">[examples][columns], at least one.</param>
    public Standardization(IReadOnlyList<double[]> rows)
    {
        int columns = rows[0].Length;
        _means = new double[columns];
        _deviations = new double[columns];
        for (int i = 0; i < columns; i++)
        {
            double mean = rows.Average(row => row[i]);
            double variance = rows.Average(row => (row[i] - mean) * (row[i] - mean));
            _means[i] = mean;
            _deviations[i] = variance > 0 ? Math.Sqrt(variance) : 1;
        }
    }

    /// <summary>Standardises a row.</summary>
    public void Apply(ReadOnlySpan<double> row, Span<double> result)
    {
        for (int i = 0; i < row.Length; i++)
        {
            result[i] = (row[i] - _means[i]) / _deviations[i];
        }
    }

    /// <summary>Undoes <see cref="Apply"/>, in place.</summary>
    public void Undo(Span<double> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = (row[i] * _deviations[i]) + _means[i];
        }
    }
}
