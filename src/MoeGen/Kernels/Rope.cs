using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;
using MoeGen.Memory;

namespace MoeGen.Kernels;

/// <summary>
/// Rotary positions (RoFormer, arXiv 2104.09864), in the order of Hugging Face checkpoints: element <c>i</c> of a head turns together
/// with element <c>i + d/2</c>.
/// </summary>
public sealed unsafe class Rope : IDisposable
{
    private readonly NativeBuffer _table;
    private readonly int _half;
    private readonly float* _cosines; // [numPositions, d/2]
    private readonly float* _sines; // [numPositions, d/2]

    /// <summary>Computes the table of cosines and sines.</summary>
    /// <param name="frequencies">Frequency of each pair.</param>
    /// <param name="numPositions">Positions from 0 that will be asked for.</param>
    public Rope(RopeFrequencies frequencies, int numPositions)
    {
        ArgumentNullException.ThrowIfNull(frequencies);
        _half = frequencies.Frequencies.Count;
        _table = new NativeBuffer(SizeInBytes(_half * 2, numPositions));
        _cosines = (float*)_table.Pointer;
        _sines = _cosines + ((nint)numPositions * _half);
        for (int position = 0; position < numPositions; position++)
        {
            for (int pair = 0; pair < _half; pair++)
            {
                (double sine, double cosine) = Math.SinCos(position * frequencies.Frequencies[pair]);
                nint i = ((nint)position * _half) + pair;
                _cosines[i] = (float)(cosine * frequencies.AttentionFactor);
                _sines[i] = (float)(sine * frequencies.AttentionFactor);
            }
        }
    }

    /// <summary>Bytes of a table.</summary>
    /// <param name="headDim">Rotated elements of a head.</param>
    /// <param name="numPositions">Positions.</param>
    public static long SizeInBytes(int headDim, int numPositions) => (long)numPositions * headDim * sizeof(float);

    /// <summary>Rotates every head in place. Workers share the pairs of token and head.</summary>
    /// <param name="x">Heads side by side, [numTokens, numHeads * d] f32.</param>
    /// <param name="numHeads">Heads of a row.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Rotate(Activations x, int numHeads, int firstPosition, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * numHeads);
        for (int head = heads.Start; head < heads.End; head++)
        {
            int token = head / numHeads;
            nint position = (nint)(firstPosition + token) * _half;
            Rotate(x.Row(token) + ((nint)(head % numHeads) * _half * 2), _cosines + position, _sines + position, _half);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    private static void Rotate(float* head, float* cosines, float* sines, int half)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Rotate<Simd512, Vector512<float>>(head, cosines, sines, half);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Rotate<Simd256, Vector256<float>>(head, cosines, sines, half);
        }
        else
        {
            Rotate<Simd128, Vector128<float>>(head, cosines, sines, half);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Rotate<TSimd, TVector>(float* head, float* cosines, float* sines, int half)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector minusOne = TSimd.Broadcast(-1);
        int i = 0;
        for (; i <= half - TSimd.Width; i += TSimd.Width)
        {
            TVector a = TSimd.Load(head + i), b = TSimd.Load(head + half + i);
            TVector cosine = TSimd.Load(cosines + i), sine = TSimd.Load(sines + i);
            TSimd.Store(head + i, TSimd.MultiplyAdd(a, cosine, TSimd.Multiply(minusOne, TSimd.Multiply(b, sine))));
            TSimd.Store(head + half + i, TSimd.MultiplyAdd(b, cosine, TSimd.Multiply(a, sine)));
        }

        for (; i < half; i++)
        {
            float a = head[i], b = head[half + i];
            head[i] = (a * cosines[i]) - (b * sines[i]);
            head[half + i] = (b * cosines[i]) + (a * sines[i]);
        }
    }
}
