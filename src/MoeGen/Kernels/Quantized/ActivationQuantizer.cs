using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Weights.Quantized;

namespace MoeGen.Kernels.Quantized;

/// <summary>Quantises activations: each block of 32 columns has the scale at which its largest magnitude is the largest code.</summary>
/// <remarks>
/// Special values: a block with an infinity or NaN has the scale NaN, which makes the outputs NaN, too. A block whose scale would be
/// too small to be divided by (no value above 1e-34) is one of zeros.
/// </remarks>
internal static unsafe class ActivationQuantizer
{
    /// <summary>Quantises some columns of a row.</summary>
    /// <param name="x">The row, zeros up to a multiple of 32 columns.</param>
    /// <param name="columns">Columns of the row.</param>
    /// <param name="first">First column to quantise, a multiple of 32.</param>
    /// <param name="end">One past the last column to quantise: a multiple of 32, or <paramref name="columns"/>.</param>
    /// <param name="format">Format of the codes.</param>
    /// <param name="destination">The row in <see cref="QuantizedActivations"/>.</param>
    public static void Quantize(float* x, int columns, int first, int end, ActivationFormat format, byte* destination)
    {
        float* scales = (float*)(destination + QuantizedActivations.ScalesAt(columns, format));
        int* offsets = (int*)(destination + QuantizedActivations.OffsetsAt(columns, format));
        for (int column = first; column < end; column += QuantizedLayout.BlockSize)
        {
            int block = column / QuantizedLayout.BlockSize;
            if (format == ActivationFormat.Int16)
            {
                scales[block] = ToInt16(x + column, (short*)destination + column);
            }
            else
            {
                scales[block] = ToInt8(x + column, (sbyte*)destination + column, out offsets[block]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ToInt16(float* x, short* codes)
    {
        float scale = Scale(x, short.MaxValue, out float inverse);
        BlockCodes.ToInt16(x, inverse, codes);
        return scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ToInt8(float* x, sbyte* codes, out int offset)
    {
        float scale = Scale(x, sbyte.MaxValue, out float inverse);
        Vector128<int> sums = BlockCodes.ToInt8(x, inverse, codes) * -Q4Block.Zero;
        offset = (ushort)(sums[0] + sums[1]) | ((sums[2] + sums[3]) << 16);
        return scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Scale(float* x, int maxCode, out float inverse)
    {
        float largest = BlockCodes.LargestMagnitude(x);
        inverse = maxCode / largest;
        if (float.IsFinite(largest) && float.IsFinite(inverse))
        {
            return largest / maxCode;
        }

        inverse = 0;
        return float.IsFinite(largest) ? 0 : float.NaN;
    }
}
