namespace ILGPU;

/// <summary>An index or an extent of one dimension.</summary>
public readonly record struct Index1D
{
    public static readonly Index1D Zero = new(0);
    public static readonly Index1D One = new(1);

    public Index1D(int x)
    {
        X = x;
    }

    public int X { get; }

    public int Size => X;

    public static implicit operator LongIndex1D(Index1D index) => new(index.X);

    public static implicit operator int(Index1D index) => index.X;

    public static implicit operator Index1D(int index) => new(index);

    public override string ToString() => $"({X})";
}
