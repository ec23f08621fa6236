using System.Runtime.CompilerServices;
using MoeGen.Engine;
using MoeGen.Weights;

namespace MoeGen.Kernels.Quantized;

/// <summary>The operands of a product with quantised weights.</summary>
internal readonly unsafe struct QuantizedProduct
{
    private readonly byte* _weight;
    private readonly QuantizedActivations _x;
    private readonly Product _product;

    /// <summary>Describes a product.</summary>
    /// <param name="weight">Panels of the weights.</param>
    /// <param name="x">Inputs, of the format that meets these weights.</param>
    /// <param name="product">Which rows of them go in, and where the outputs go.</param>
    public QuantizedProduct(byte* weight, QuantizedActivations x, in Product product)
    {
        _weight = weight;
        _x = x;
        _product = product;
    }

    public int NumTokens => _product.NumTokens;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Panel(int row, nuint panelBytes) => _weight + ((nuint)(row / MatrixLayout.PanelRows) * panelBytes);

    /// <summary>How far ahead the weights lie that are multiplied behind a tile of panels.</summary>
    /// <param name="rows">The share.</param>
    /// <param name="row">First row of the tile.</param>
    /// <param name="tileRows">Its rows.</param>
    /// <param name="panelBytes">Bytes of a panel.</param>
    /// <returns>Bytes, modulo 2^64; 0: not known, or what follows is another worker's.</returns>
    public nuint Ahead(Share rows, int row, int tileRows, nuint panelBytes)
    {
        if (row <= rows.End - (2 * tileRows))
        {
            return (nuint)(tileRows / MatrixLayout.PanelRows) * panelBytes;
        }

        return _product.Next is null ? 0
            : (nuint)(_product.Next - _weight) - ((nuint)((row - rows.Start) / MatrixLayout.PanelRows) * panelBytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Input(int token) => _x.Row(_product.InputRow(token));

    /// <summary>Stores outputs of some tokens.</summary>
    /// <param name="rows">The share.</param>
    /// <param name="row">Row of the first sum.</param>
    /// <param name="numRows">Rows; those behind the share fill up the last panel and have no place among the outputs.</param>
    /// <param name="token">First token.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="sums">Sums of products, [numTokens, numRows].</param>
    public void Store<TSimd, TVector>(Share rows, int row, int numRows, int token, int numTokens, float* sums)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        for (int i = 0; i < numTokens; i++)
        {
            _product.Store<TSimd, TVector>(rows, row, token + i, sums + (i * numRows), numRows);
        }
    }
}
