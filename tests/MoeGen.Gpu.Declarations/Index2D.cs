namespace ILGPU;

/// <summary>An index or an extent of two dimensions.</summary>
public readonly record struct Index2D
{
    public static readonly Index2D Zero = new(0);
    public static readonly Index2D One = new(1);

    public Index2D(int value)
        : this(value, value)
    {
    }

    public Index2D(int x, int y)
    {
        X = x;
        Y = y;
    }

    public int X { get; }

    public int Y { get; }

    public int Size => checked(X * Y);

    public static implicit operator Index2D((int, int) values) => new(values.Item1, values.Item2);

    public override string ToString() => $"({X}, {Y})";
}
