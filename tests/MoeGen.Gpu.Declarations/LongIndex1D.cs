namespace ILGPU;

/// <summary>An index or an extent of one dimension, 64 bits wide.</summary>
public readonly record struct LongIndex1D
{
    public static readonly LongIndex1D Zero = new(0);
    public static readonly LongIndex1D One = new(1);

    public LongIndex1D(long x)
    {
        X = x;
    }

    public long X { get; }

    public long Size => X;

    public static explicit operator Index1D(LongIndex1D index) => new(checked((int)index.X));

    public static implicit operator long(LongIndex1D index) => index.X;

    public static implicit operator LongIndex1D(long index) => new(index);

    public override string ToString() => $"({X})";
}
