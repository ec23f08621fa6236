namespace MoeGen.Kernels.Quantized;

/// <summary>
/// How the weights of one format meet activations: what a tile, which knows no format, is made of. A block is a number of groups of
/// columns; in every format a group is 64 bytes of a panel and 8 bytes of each token's activations.
/// </summary>
/// <typeparam name="TInts">Vector of the width that the tile computes with.</typeparam>
internal unsafe interface IBlockDot<TInts>
    where TInts : struct
{
    /// <summary>Groups of a block.</summary>
    static abstract int GroupsPerBlock { get; }

    /// <summary>Bytes of a panel of so many columns.</summary>
    static abstract int PanelBytes(int columns);

    /// <summary>Bytes from a row's weights in a load to those of the next row.</summary>
    static abstract int RowStride { get; }

    /// <summary>What the activations are.</summary>
    static abstract ActivationFormat Activations { get; }

    /// <summary>Loads the weights that meet the first four bytes of a group's activations.</summary>
    /// <param name="group">The group, moved on to the first row of the vector.</param>
    static abstract TInts LoadFirst(byte* group);

    /// <summary>Loads the weights that meet the last four bytes of a group's activations.</summary>
    /// <inheritdoc cref="LoadFirst"/>
    static abstract TInts LoadSecond(byte* group);

    /// <summary>What the sum of a block begins with.</summary>
    /// <param name="offset">The block's place among the offsets of the token (<see cref="QuantizedActivations"/>).</param>
    static abstract TInts Start(byte* offset);

    /// <summary>The products with four bytes of activations, as much of them added as one instruction does.</summary>
    static abstract TInts Multiply(TInts weights, TInts activations);

    /// <summary>Adds products to a sum.</summary>
    static abstract TInts Add(TInts products, TInts sum);

    /// <summary>What the sum of the squares of a block's weights begins with.</summary>
    static abstract TInts StartOfSquares { get; }

    /// <summary>Adds the squares of weights, in units of the block's scale, to a sum.</summary>
    static abstract TInts AddSquares(TInts weights, TInts sum);

    /// <summary>Turns the sum of a block into 32 bits a row.</summary>
    static abstract TInts Finish(TInts sum);
}
