using System.Runtime.CompilerServices;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels.Quantized;

/// <summary>
/// Rows of quantised activations, one per token: codes in blocks of 32 columns, then a float32 scale for each block
/// (<c>value = scale * code</c>), and behind codes of 8 bits an offset for each block. A view into the memory of a forward pass.
/// </summary>
/// <remarks>
/// The offset is -8 times the sum of codes, in two halves of 16 bits: columns 0 and 1 of every four in the lower, 2 and 3 in the upper.
/// </remarks>
internal readonly unsafe struct QuantizedActivations
{
    private const int CacheLine = 64;

    private readonly byte* _data; // [capacity, BytesPerRow]
    private readonly int _bytesPerRow;

    /// <summary>Creates the view.</summary>
    /// <param name="data">Memory for as many rows as will be used, at a multiple of 4 bytes.</param>
    /// <param name="columns">Columns, which are filled up with zeros to a multiple of 32.</param>
    /// <param name="format">Format of the codes.</param>
    public QuantizedActivations(byte* data, int columns, ActivationFormat format)
    {
        _data = data;
        _bytesPerRow = BytesPerRow(columns, format);
    }

    private QuantizedActivations(byte* data, int bytesPerRow)
    {
        _data = data;
        _bytesPerRow = bytesPerRow;
    }

    /// <summary>Whether there are no rows.</summary>
    public bool IsEmpty => _data is null;

    /// <summary>
    /// Bytes of a row: an odd number of cache lines. Rows that lie a multiple of 4096 bytes apart would share the sets of the
    /// first-level cache, and those of a tile drive each other out.
    /// </summary>
    public static int BytesPerRow(int columns, ActivationFormat format)
    {
        int lines = (OffsetsAt(columns, format) + (QuantizedLayout.BlocksPerRow(columns) * sizeof(int)) + CacheLine - 1) / CacheLine;
        return (lines | 1) * CacheLine;
    }

    /// <summary>First byte of a row's scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ScalesAt(int columns, ActivationFormat format) =>
        QuantizedLayout.BlocksPerRow(columns) * QuantizedLayout.BlockSize * (int)format;

    /// <summary>First byte of a row's offsets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int OffsetsAt(int columns, ActivationFormat format) =>
        ScalesAt(columns, format) + (QuantizedLayout.BlocksPerRow(columns) * sizeof(float));

    /// <summary>The rows from one of them on; none stay none.</summary>
    public QuantizedActivations Skip(int rows) => IsEmpty ? this : new(Row(rows), _bytesPerRow);

    /// <summary>The row of one token; not checked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Row(int token) => _data + ((nint)token * _bytesPerRow);
}
