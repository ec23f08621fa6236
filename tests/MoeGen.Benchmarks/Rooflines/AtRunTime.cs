using MoeGen.Kernels;

namespace MoeGen.Benchmarks.Rooflines;

/// <summary>
/// A shape that the compiler does not know: its numbers are static fields that anybody may write. A kernel compiled for it is the same text
/// with run-time sizes, as one library kernel for all models would have them.
/// </summary>
/// <typeparam name="TShape">The shape whose numbers it has.</typeparam>
internal readonly struct AtRunTime<TShape> : IMatrixShape
    where TShape : struct, IMatrixShape
{
    // not readonly, and without initialisers: neither is a constant to the compiler, nor does it look whether they have been set
    private static int s_rows;
    private static int s_columns;

    public static int Rows => s_rows;

    public static int Columns => s_columns;

    /// <summary>Writes the numbers; before any kernel is compiled for the shape.</summary>
    public static void Set() => (s_rows, s_columns) = (TShape.Rows, TShape.Columns);
}

/// <summary>The same for attention.</summary>
/// <typeparam name="TShape">The shape whose numbers it has.</typeparam>
internal readonly struct AttentionAtRunTime<TShape> : IAttentionShape
    where TShape : struct, IAttentionShape
{
    private static int s_numHeads;
    private static int s_numKeyValueHeads;
    private static int s_keyDim;
    private static int s_valueDim;
    private static float s_scale;
    private static int s_slidingWindow;
    private static int s_chunkSize;
    private static bool s_valuesAreKeys;

    public static int NumHeads => s_numHeads;

    public static int NumKeyValueHeads => s_numKeyValueHeads;

    public static int KeyDim => s_keyDim;

    public static int ValueDim => s_valueDim;

    public static float Scale => s_scale;

    public static int SlidingWindow => s_slidingWindow;

    public static int ChunkSize => s_chunkSize;

    public static bool ValuesAreKeys => s_valuesAreKeys;

    /// <inheritdoc cref="AtRunTime{TShape}.Set"/>
    public static void Set()
    {
        (s_numHeads, s_numKeyValueHeads) = (TShape.NumHeads, TShape.NumKeyValueHeads);
        (s_keyDim, s_valueDim, s_scale) = (TShape.KeyDim, TShape.ValueDim, TShape.Scale);
        (s_slidingWindow, s_chunkSize, s_valuesAreKeys) = (TShape.SlidingWindow, TShape.ChunkSize, TShape.ValuesAreKeys);
    }
}
