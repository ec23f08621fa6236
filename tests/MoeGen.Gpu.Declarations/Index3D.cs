namespace ILGPU;

/// <summary>An index or an extent of three dimensions.</summary>
public readonly record struct Index3D
{
    public static readonly Index3D Zero = new(0);
    public static readonly Index3D One = new(1);

    public Index3D(int value)
        : this(value, value, value)
    {
    }

    public Index3D(int x, int y, int z)
    {
        X = x;
        Y = y;
        Z = z;
    }

    public int X { get; }

    public int Y { get; }

    public int Z { get; }

    public int Size => checked(X * Y * Z);

    public static implicit operator Index3D((int, int, int) values) => new(values.Item1, values.Item2, values.Item3);

    public override string ToString() => $"({X}, {Y}, {Z})";
}
