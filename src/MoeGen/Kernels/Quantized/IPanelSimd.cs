namespace MoeGen.Kernels.Quantized;

/// <summary>
/// One width of the vectors that multiply quantised weights: integers beside the float32 of <see cref="ISimd{TVector}"/>. A vector holds
/// a double word for each of as many rows of a panel: two columns of 16 bits, four of 8, their integer sum, or the float32 sum of blocks.
/// </summary>
/// <typeparam name="TInts">Vector of integers.</typeparam>
/// <typeparam name="TFloats">Vector of as many float32.</typeparam>
internal unsafe interface IPanelSimd<TInts, TFloats> : ISimd<TFloats>
    where TInts : struct
    where TFloats : struct
{
    /// <summary>The same double word for every row.</summary>
    static abstract TInts Broadcast(int columns);

    /// <summary>Loads two columns of 8 bits for each row and widens them to 16, with their signs.</summary>
    static abstract TInts LoadPairs(byte* source);

    /// <summary>Loads the low halves of four bytes for each row.</summary>
    static abstract TInts LoadLowNibbles(byte* source);

    /// <summary>Loads the high halves of four bytes for each row.</summary>
    static abstract TInts LoadHighNibbles(byte* source);

    /// <summary>Adds the products of two columns of 16 bits, exactly.</summary>
    static abstract TInts DotPairs(TInts a, TInts b);

    /// <summary>
    /// Adds the products of columns 0 and 1, and of columns 2 and 3, to 16 bits each. The codes of weights are at most 15, those of
    /// activations at most 127 in magnitude: the sum fits.
    /// </summary>
    static abstract TInts DotHalves(TInts codes, TInts activations);

    /// <summary>Sums of 32 bits.</summary>
    static abstract TInts Add(TInts a, TInts b);

    /// <summary>Sums of 16 bits, without carry between them.</summary>
    static abstract TInts AddHalves(TInts a, TInts b);

    /// <summary>Adds both signed halves of each row to 32 bits.</summary>
    static abstract TInts SumOfHalves(TInts halves);

    /// <summary><c>sum * scale + total</c>, rounded when the integers become float32 and once more at the end.</summary>
    static abstract TFloats MultiplyAdd(TInts sum, TFloats scale, TFloats total);
}
