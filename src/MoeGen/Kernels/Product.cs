using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MoeGen.Kernels;

/// <summary>The operands of one matrix product: which rows of activations go in, and where the outputs go.</summary>
internal readonly unsafe struct Product<TShape, TFormat>
    where TShape : struct, IMatrixShape
    where TFormat : struct, IWeightFormat
{
    private readonly byte* _weight;
    private readonly float* _x;
    private readonly float* _y;
    private readonly int _xStride;
    private readonly int _yStride;

    public Product(Matrix<TShape, TFormat> weight, Activations x, Activations y, int numTokens)
    {
        _weight = weight.Data;
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
    public byte* Row(int row) => _weight + ((nuint)row * Matrix<TShape, TFormat>.RowBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Input(int token) => _x + ((nint)(InputRows is null ? FirstInputRow + token : InputRows[token]) * _xStride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(int row, int token, float y)
    {
        float* destination = _y + ((nint)(FirstOutputRow + token) * _yStride) + row;
        if (Bias is not null)
        {
            y += Bias[row];
        }

        y *= Scale;
        *destination = AddsToY ? *destination + y : y;
    }

    /// <summary>Stores the outputs of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(int row, int token, Vector128<float> y)
    {
        float* destination = _y + ((nint)(FirstOutputRow + token) * _yStride) + row;
        if (Bias is not null)
        {
            y += Vector128.Load(Bias + row);
        }

        y *= Scale;
        (AddsToY ? Vector128.Load(destination) + y : y).Store(destination);
    }
}
