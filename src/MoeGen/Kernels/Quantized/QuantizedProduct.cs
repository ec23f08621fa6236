using System.Runtime.CompilerServices;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels.Quantized;

/// <summary>The operands of a product with quantised weights: which rows of activations go in, and where the outputs go.</summary>
internal readonly unsafe struct QuantizedProduct
{
    private readonly byte* _weight;
    private readonly QuantizedActivations _x;
    private readonly float* _y;
    private readonly int _yStride;

    /// <summary>Describes a product.</summary>
    /// <param name="weight">Panels of the weights.</param>
    /// <param name="x">Inputs, of the format that meets these weights.</param>
    /// <param name="y">Outputs, [tokens, rows] f32.</param>
    /// <param name="numTokens">Tokens.</param>
    public QuantizedProduct(byte* weight, QuantizedActivations x, Activations y, int numTokens)
    {
        _weight = weight;
        _x = x;
        _y = y.Data;
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
    public byte* Panel(int row, nuint panelBytes) => _weight + ((nuint)(row / QuantizedLayout.PanelRows) * panelBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Input(int token) => _x.Row(InputRows is null ? FirstInputRow + token : InputRows[token]);

    /// <summary>Stores the outputs of a vector's rows for some tokens; rows that fill up the last panel have no place there.</summary>
    /// <param name="row">First row of the vector.</param>
    /// <param name="endRow">Rows of the matrix.</param>
    /// <param name="token">First token.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="sums">What the rows of the vector came to, [numTokens, rows of a vector].</param>
    public void Store<TSimd, TInts, TFloats>(int row, int endRow, int token, int numTokens, float* sums)
        where TSimd : struct, IPanelSimd<TInts, TFloats>
        where TInts : struct
        where TFloats : struct
    {
        int numRows = Math.Min(TSimd.Width, endRow - row);
        for (int i = 0; i < numTokens; i++)
        {
            float* destination = _y + ((nint)(FirstOutputRow + token + i) * _yStride) + row;
            if (numRows == TSimd.Width)
            {
                TFloats y = TSimd.Load(sums);
                y = TSimd.Multiply(Bias is null ? y : TSimd.Add(y, TSimd.Load(Bias + row)), TSimd.Broadcast(Scale));
                TSimd.Store(destination, AddsToY ? TSimd.Add(TSimd.Load(destination), y) : y);
            }
            else
            {
                for (int j = 0; j < numRows; j++)
                {
                    float y = (Bias is null ? sums[j] : sums[j] + Bias[row + j]) * Scale;
                    destination[j] = AddsToY ? destination[j] + y : y;
                }
            }

            sums += TSimd.Width;
        }
    }
}
