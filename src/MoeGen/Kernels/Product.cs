using System.Runtime.CompilerServices;
using MoeGen.Engine;
using MoeGen.Kernels.Quantized;

namespace MoeGen.Kernels;

/// <summary>The operands of a matrix product beside the matrix: which rows of activations go in, and where the outputs go.</summary>
internal readonly unsafe struct Product
{
    private readonly Activations _x;
    private readonly Activations _y;

    public Product(Activations x, Activations y, int numTokens)
    {
        _x = x;
        _y = y;
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

    /// <summary>
    /// First byte of the matrix of the same shape and format that is multiplied next, with the same rows: where one token waits for memory,
    /// its first weights are asked for beside the last ones of this matrix. Null: not known.
    /// </summary>
    public byte* Next { get; init; }

    /// <summary>The product is added to what stands in the outputs.</summary>
    public bool AddsToY { get; init; }

    /// <summary>The row of the inputs that belongs to a token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int InputRow(int token) => InputRows is null ? FirstInputRow + token : InputRows[token];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Input(int token) => _x.Row(InputRow(token));

    /// <summary>The same product with inputs that are quantised, as quantised weights expect them.</summary>
    /// <param name="weight">First byte of the matrix.</param>
    /// <param name="inputs">8 bits for weights of Q4, 16 for those of Q8.</param>
    /// <exception cref="InvalidOperationException">The inputs have not been quantised like this.</exception>
    public QuantizedProduct ToQuantized(byte* weight, ActivationFormat inputs)
    {
        QuantizedActivations x = inputs == ActivationFormat.Int8 ? _x.Int8 : _x.Int16;
        if (x.IsEmpty)
        {
            throw new InvalidOperationException($"Activations are not quantised to {inputs}, as these weights expect.");
        }

        return new QuantizedProduct(weight, x, this);
    }

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
        float* outputs = _y.Row(FirstOutputRow + token);
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
