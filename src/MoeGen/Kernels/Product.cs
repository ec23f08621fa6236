using System.Runtime.CompilerServices;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>The operands of one matrix product: which rows of activations go in, and where the outputs go.</summary>
internal readonly unsafe struct Product<TShape, TFormat>
    where TShape : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    private readonly Matrix<TShape, TFormat> _weight;
    private readonly float* _x;
    private readonly float* _y;
    private readonly int _xStride;
    private readonly int _yStride;

    public Product(Matrix<TShape, TFormat> weight, Activations x, Activations y, int numTokens)
    {
        _weight = weight;
        _x = x.Data;
        _y = y.Data;
        _xStride = x.Stride;
        _yStride = y.Stride;
        NumTokens = numTokens;
    }

    public int NumTokens { get; }

    /// <summary>Row of the inputs for each token, [NumTokens]; null: the token's own number.</summary>
    public int* InputRows { get; init; }

    /// <summary>First row of the inputs (when <see cref="InputRows"/> is null).</summary>
    public int FirstInputRow { get; init; }

    /// <summary>First row of the outputs.</summary>
    public int FirstOutputRow { get; init; }

    /// <summary>Added to every output, [rows]; null: nothing.</summary>
    public float* Bias { get; init; }

    /// <summary>Factor on the product, its bias included.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>The product is added to what stands in the outputs.</summary>
    public bool AddsToY { get; init; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Row(int row) => _weight.Row(row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Input(int token) => _x + ((nint)(InputRows is null ? FirstInputRow + token : InputRows[token]) * _xStride);

    /// <summary>Stores outputs of one token, but for those outside a share: what lies there is not this product's.</summary>
    /// <param name="rows">The share.</param>
    /// <param name="firstRow">Row of the first sum.</param>
    /// <param name="token">The token.</param>
    /// <param name="sums">Sums of products.</param>
    /// <param name="count">Sums.</param>
    public void Store<TSimd, TVector>(Share rows, int firstRow, int token, float* sums, int count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* outputs = _y + ((nint)(FirstOutputRow + token) * _yStride);
        int row = Math.Max(firstRow, rows.Start), end = Math.Min(firstRow + count, rows.End);
        TVector scale = TSimd.Broadcast(Scale);
        for (; row <= end - TSimd.Width; row += TSimd.Width)
        {
            TVector y = TSimd.Load(sums + (row - firstRow));
            if (Bias is not null)
            {
                y = TSimd.Add(y, TSimd.Load(Bias + row));
            }

            y = TSimd.Multiply(y, scale);
            TSimd.Store(outputs + row, AddsToY ? TSimd.Add(TSimd.Load(outputs + row), y) : y);
        }

        for (; row < end; row++)
        {
            float y = sums[row - firstRow];
            if (Bias is not null)
            {
                y += Bias[row];
            }

            y *= Scale;
            outputs[row] = AddsToY ? outputs[row] + y : y;
        }
    }
}
