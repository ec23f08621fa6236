using MoeGen.Kernels;

namespace MoeGen.Weights.Quantized;

/// <summary>
/// A format in which 32 neighbouring values of a row share a scale of 16 bits. A <em>block</em> is those values as files hold them; in a
/// panel the codes of the 16 rows lie side by side (<see cref="QuantizedPanel"/>), and the scales apart from them.
/// </summary>
/// <remarks>Blocks are those of llama.cpp (ggml-common.h): a row of a GGUF file carries over as it is, and back.</remarks>
internal unsafe interface IBlockFormat
{
    /// <summary>Bytes of a block: two of the scale, a float of 16 bits, and then the codes.</summary>
    static abstract int BytesPerBlock { get; }

    /// <summary>The scale of a block as the reference takes it, before it is rounded to 16 bits.</summary>
    /// <param name="largest">Its value of largest magnitude, the first of equals.</param>
    static abstract float ScaleOf(float largest);

    /// <summary>Quantises the values of a block.</summary>
    /// <param name="values">32 finite values.</param>
    /// <param name="inverse">What they are multiplied by.</param>
    /// <param name="codes">Receives the codes, as they follow the scale in a block.</param>
    static abstract void Quantize(ReadOnlySpan<float> values, float inverse, Span<byte> codes);

    /// <summary>Quantises a block of each row of a vector to the codes of <see cref="Quantize"/>, and puts them into a panel.</summary>
    /// <param name="values">The block in a panel of a float format, moved on to the first row.</param>
    /// <param name="inverse">What the values of each row are multiplied by.</param>
    /// <param name="destination">Where the codes of the first row of this block lie in the panel, moved on to the row's first byte.</param>
    static abstract void QuantizeRows<TSimd, TVector, TFormat>(byte* values, TVector inverse, byte* destination)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TFormat : struct, IFloatFormat;

    /// <summary>Computes the values of a block; exact, since a product of scale and code fits a float32.</summary>
    /// <param name="block">The block.</param>
    /// <param name="values">Receives 32 values.</param>
    static abstract void Dequantize(ReadOnlySpan<byte> block, Span<float> values);

    /// <summary>Puts the codes of a block into a panel.</summary>
    /// <param name="codes">The codes, as they follow the scale in a block.</param>
    /// <param name="destination">Where the codes of the first row of this block lie in the panel, moved on to the row's first byte.</param>
    static abstract void Interleave(ReadOnlySpan<byte> codes, byte* destination);

    /// <summary>Takes the codes of a block out of a panel.</summary>
    /// <inheritdoc cref="Interleave"/>
    static abstract void Deinterleave(byte* source, Span<byte> codes);

    /// <summary>Bytes from the codes of one row to those of the next.</summary>
    static abstract int RowStride { get; }
}
