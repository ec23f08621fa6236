using System.Runtime.CompilerServices;
using MoeGen.Engine;
using MoeGen.Kernels.Quantized;
using MoeGen.Weights;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels;

/// <summary>A matrix of weights whose shape and format the compiler knows. A view: whoever loaded the weights owns the memory.</summary>
/// <typeparam name="TShape">Rows and columns.</typeparam>
/// <typeparam name="TFormat">Format of the elements.</typeparam>
public readonly unsafe struct Matrix<TShape, TFormat>
    where TShape : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    private readonly byte* _data; // panels of 16 rows, see MatrixLayout and QuantizedLayout

    internal Matrix(byte* data)
    {
        _data = data;
    }

    /// <summary>Bytes that the matrix takes, rows filled up to a multiple of 16, columns to one of 32.</summary>
    public static long SizeInBytes => MatrixLayout.SizeInBytes(TShape.Rows, TShape.Columns, TFormat.Format);

    internal static nuint PaddedColumns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (nuint)MatrixLayout.PaddedColumns(TShape.Columns);
    }

    /// <summary>Bytes from a pair of columns of a panel to the next one.</summary>
    internal static nuint PairBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * MatrixLayout.PanelRows * (nuint)TFormat.Format.BytesPerElement();
    }

    internal static nuint PanelBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (nuint)MatrixLayout.PanelBytes(TShape.Columns, TFormat.Format);
    }

    /// <summary>Copies one row as float32, for people who look into a model; kernels never do.</summary>
    /// <param name="row">0-based row.</param>
    /// <param name="destination">At least as many elements as the matrix has columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row, or the destination is too short.</exception>
    public void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, TShape.Rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, TShape.Columns, nameof(destination));
        Widen(row, destination[..TShape.Columns]);
    }

    /// <summary>First byte of the panels.</summary>
    internal byte* Data => _data;

    /// <summary>Computes the values of a row.</summary>
    /// <param name="row">0-based row; not checked.</param>
    /// <param name="destination">As many elements as the matrix has columns.</param>
    internal void Widen(int row, Span<float> destination)
    {
        if (TFormat.Format.IsQuantized())
        {
            (int panel, int place) = Math.DivRem(row, MatrixLayout.PanelRows);
            BlockFormats.Dequantize(TFormat.Format, _data + ((nuint)panel * PanelBytes), place, TShape.Columns, destination);
        }
        else
        {
            PanelRow.Widen(Row(row), TFormat.Format, destination);
        }
    }

    /// <summary>First word of a row of a float format; the other words of the row follow at <see cref="MatrixLayout.WordStride"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal byte* Row(int row) =>
        _data + ((nuint)(row / MatrixLayout.PanelRows) * PanelBytes) + ((nuint)(row % MatrixLayout.PanelRows) * MatrixLayout.WordBytes);
}

/// <summary>A vector of weights in float32: a norm or a bias. A view: whoever loaded the weights owns the memory.</summary>
public readonly unsafe struct WeightVector
{
    internal WeightVector(float* data, int length)
    {
        Data = data;
        Length = length;
    }

    /// <summary>Elements.</summary>
    public int Length { get; }

    /// <summary>The elements.</summary>
    public ReadOnlySpan<float> Values => new(Data, Length);

    internal float* Data { get; } // [Length], zeros up to a multiple of 32
}

/// <summary>
/// Rows of float32, one per token, and where they go into products with quantised weights, the same rows quantised: whoever writes a row
/// quantises it. A view into the memory of a forward pass.
/// </summary>
public readonly unsafe struct Activations
{
    internal Activations(float* data, int width)
        : this(data, width, RowLayout.Stride(width))
    {
    }

    /// <summary>Creates a view of rows that are quantised, too.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="int8">The same in 8 bits, or none.</param>
    /// <param name="int16">The same in 16 bits, or none.</param>
    internal Activations(float* data, int width, QuantizedActivations int8, QuantizedActivations int16)
        : this(data, width)
    {
        Int8 = int8;
        Int16 = int16;
    }

    private Activations(float* data, int width, int stride)
    {
        Data = data;
        Width = width;
        Stride = stride;
    }

    /// <summary>Elements of a row.</summary>
    public int Width { get; }

    internal float* Data { get; } // [capacity, Stride]; columns from Width to Stride stay zero, but for views of columns

    internal int Stride { get; }

    /// <summary>The rows in 8 bits, for weights of 4; none: no such weights meet them.</summary>
    internal QuantizedActivations Int8 { get; private init; }

    /// <summary>The rows in 16 bits, for weights of 8; none: no such weights meet them.</summary>
    internal QuantizedActivations Int16 { get; private init; }

    internal bool IsQuantized => !Int8.IsEmpty || !Int16.IsEmpty;

    /// <summary>The row of one token.</summary>
    /// <param name="token">0-based place in the pass; not checked.</param>
    public Span<float> this[int token] => new(Row(token), Width);

    /// <summary>The rows from one of them on.</summary>
    /// <param name="rows">Rows to leave out; not checked.</param>
    public Activations Skip(int rows) => new(Row(rows), Width, Stride) { Int8 = Int8.Skip(rows), Int16 = Int16.Skip(rows) };

    /// <summary>Some columns of every row.</summary>
    /// <param name="first">First column; not checked.</param>
    /// <param name="width">Columns; not checked.</param>
    /// <remarks>
    /// What stands behind the view's width is not zero, and nothing is quantised: it must not go into a matrix product. Norms, rotations, <see cref="KvCache"/> and
    /// the kernels of <see cref="Elementwise"/> keep to the width.
    /// </remarks>
    public Activations Columns(int first, int width) => new(Data + first, width, Stride);

    internal float* Row(int token) => Data + ((nint)token * Stride);

    /// <summary>Quantises a row, where that is wanted.</summary>
    /// <param name="token">The row.</param>
    internal void Quantize(int token) => Quantize(token, 0, Width);

    /// <summary>Quantises some heads of some rows, where that is wanted and no block of 32 columns belongs to two of them.</summary>
    /// <param name="firstToken">First row.</param>
    /// <param name="numTokens">Rows.</param>
    /// <param name="firstHead">First head.</param>
    /// <param name="numHeads">Heads.</param>
    /// <param name="headDim">Columns of a head.</param>
    internal void QuantizeHeads(int firstToken, int numTokens, int firstHead, int numHeads, int headDim)
    {
        for (int token = firstToken; headDim % QuantizedLayout.BlockSize == 0 && token < firstToken + numTokens; token++)
        {
            Quantize(token, firstHead * headDim, (firstHead + numHeads) * headDim);
        }
    }

    /// <summary>Quantises some columns of a row, where that is wanted.</summary>
    /// <param name="token">The row.</param>
    /// <param name="first">First column, a multiple of 32 where something is wanted.</param>
    /// <param name="end">One past the last: a multiple of 32, or the width.</param>
    internal void Quantize(int token, int first, int end)
    {
        if (!Int8.IsEmpty)
        {
            ActivationQuantizer.Quantize(Row(token), Width, first, end, ActivationFormat.Int8, Int8.Row(token));
        }

        if (!Int16.IsEmpty)
        {
            ActivationQuantizer.Quantize(Row(token), Width, first, end, ActivationFormat.Int16, Int16.Row(token));
        }
    }
}
