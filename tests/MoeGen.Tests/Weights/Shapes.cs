using MoeGen.Kernels;

namespace MoeGen.Tests.Weights;

/// <summary>A number as a type, so that tests can put shapes together.</summary>
internal interface ISize
{
    static abstract int Value { get; }
}

internal readonly struct N1 : ISize
{
    public static int Value => 1;
}

internal readonly struct N5 : ISize
{
    public static int Value => 5;
}

internal readonly struct N32 : ISize
{
    public static int Value => 32;
}

internal readonly struct N48 : ISize
{
    public static int Value => 48;
}

internal readonly struct N70 : ISize
{
    public static int Value => 70;
}

internal readonly struct N96 : ISize
{
    public static int Value => 96;
}

internal readonly struct N1024 : ISize
{
    public static int Value => 1024;
}

/// <summary>Large enough that a matrix of this size is read in several pieces.</summary>
internal readonly struct N1031 : ISize
{
    public static int Value => 1031;
}

internal readonly struct Shape<TRows, TColumns> : IMatrixShape
    where TRows : ISize
    where TColumns : ISize
{
    public static int Rows => TRows.Value;

    public static int Columns => TColumns.Value;
}
