using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MoeGen.Engine;

namespace MoeGen.Kernels;

/// <summary>
/// Rotary positions (RoFormer, arXiv 2104.09864): pairs of elements of a head turn by an angle that grows with the position. Nothing is
/// kept for the whole context; every pass computes the cosines and sines of its own tokens once, for all layers.
/// </summary>
/// <remarks>
/// Two pairings: element <c>i</c> with <c>i + d/2</c>, the order of most Hugging Face checkpoints, or element <c>2i</c> with
/// <c>2i + 1</c> (interleaved).
/// </remarks>
public sealed unsafe class Rope
{
    private readonly RopeFrequencies _frequencies;
    private readonly bool _isInterleaved;

    /// <summary>Describes the rotation.</summary>
    /// <param name="frequencies">Frequency of each pair.</param>
    /// <param name="isInterleaved">Neighbours are pairs; else the two halves are.</param>
    public Rope(RopeFrequencies frequencies, bool isInterleaved)
    {
        ArgumentNullException.ThrowIfNull(frequencies);
        _frequencies = frequencies;
        _isInterleaved = isInterleaved;
    }

    /// <summary>Elements of a head that are rotated: the width of the rows that <see cref="Prepare(Activations, ReadOnlySpan{Segment}, Worker)"/> fills.</summary>
    public int RotaryDim => _frequencies.RotaryDim;

    /// <summary>
    /// Computes the cosines and sines of a pass, once, before its layers. Workers share the pairs; a Sync stands between this and the
    /// first <see cref="Rotate(Activations, Activations, int, int, int, int, Worker)"/>.
    /// </summary>
    /// <param name="rotations">Receives a row for each token, [numTokens, RotaryDim] f32; only this class reads it.</param>
    /// <param name="segments">The tokens of the pass.</param>
    /// <param name="worker">The calling worker.</param>
    /// <remarks>Angles are computed in double precision.</remarks>
    public void Prepare(Activations rotations, ReadOnlySpan<Segment> segments, Worker worker)
    {
        foreach (Segment segment in segments)
        {
            Prepare(segment.RowsOf(rotations), segment.FirstPosition, segment.NumTokens, segment.Length, worker);
        }
    }

    /// <summary>The same for tokens that stand together.</summary>
    /// <param name="rotations">Receives a row for each token, [numTokens, RotaryDim] f32.</param>
    /// <param name="firstPosition">Position of the first token; the others follow.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="length">Tokens of the whole text as far as it is known, those of later chunks included.</param>
    /// <param name="worker">The calling worker.</param>
    internal void Prepare(Activations rotations, int firstPosition, int numTokens, int length, Worker worker)
    {
        int half = RotaryDim / 2;
        double factor = _frequencies.Scale(length);
        Share pairs = worker.Share(half);
        for (int pair = pairs.Start; pair < pairs.End; pair++)
        {
            // interleaved rows pair a cosine with its sine, as the elements are paired
            int cosineAt = _isInterleaved ? 2 * pair : pair, sineAt = _isInterleaved ? cosineAt + 1 : half + pair;
            double frequency = _frequencies.Frequency(pair, length);
            for (int token = 0; token < numTokens; token++)
            {
                (double sine, double cosine) = Math.SinCos((firstPosition + token) * frequency);
                float* row = rotations.Row(token);
                row[cosineAt] = (float)(cosine * factor);
                row[sineAt] = (float)(sine * factor);
            }
        }
    }

    /// <summary>Rotates a part of every head in place. Workers share the pairs of token and head.</summary>
    /// <param name="x">Heads side by side, [numTokens, numHeads * headDim] f32; may be a view of some columns.</param>
    /// <param name="rotations">What <see cref="Prepare(Activations, ReadOnlySpan{Segment}, Worker)"/> made for these tokens.</param>
    /// <param name="numHeads">Heads of a row.</param>
    /// <param name="headDim">Elements of a head.</param>
    /// <param name="firstDim">First element of a head that is rotated; RotaryDim of them are.</param>
    /// <param name="numTokens">Tokens.</param>
    /// <param name="worker">The calling worker.</param>
    public void Rotate(
        Activations x, Activations rotations, int numHeads, int headDim, int firstDim, int numTokens, Worker worker)
    {
        Share heads = worker.Share(numTokens * numHeads);
        for (int head = heads.Start; head < heads.End; head++)
        {
            int token = head / numHeads;
            float* elements = x.Row(token) + ((nint)(head % numHeads) * headDim) + firstDim;
            if (Vector512.IsHardwareAccelerated)
            {
                Rotate<Simd512, Vector512<float>>(elements, rotations.Row(token), RotaryDim, _isInterleaved);
            }
            else if (Vector256.IsHardwareAccelerated)
            {
                Rotate<Simd256, Vector256<float>>(elements, rotations.Row(token), RotaryDim, _isInterleaved);
            }
            else
            {
                Rotate<Simd128, Vector128<float>>(elements, rotations.Row(token), RotaryDim, _isInterleaved);
            }
        }
    }

    internal static void Rotate<TSimd, TVector>(float* elements, float* rotation, int dim, bool isInterleaved)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        if (isInterleaved)
        {
            RotateNeighbours<TSimd, TVector>(elements, rotation, dim);
        }
        else
        {
            RotateHalves<TSimd, TVector>(elements, rotation, rotation + (dim / 2), dim / 2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateHalves<TSimd, TVector>(float* elements, float* cosines, float* sines, int half)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector minusOne = TSimd.Broadcast(-1);
        int i = 0;
        for (; i <= half - TSimd.Width; i += TSimd.Width)
        {
            TVector a = TSimd.Load(elements + i), b = TSimd.Load(elements + half + i);
            TVector cosine = TSimd.Load(cosines + i), sine = TSimd.Load(sines + i);
            TSimd.Store(elements + i, TSimd.MultiplyAdd(a, cosine, TSimd.Multiply(minusOne, TSimd.Multiply(b, sine))));
            TSimd.Store(elements + half + i, TSimd.MultiplyAdd(b, cosine, TSimd.Multiply(a, sine)));
        }

        for (; i < half; i++)
        {
            float a = elements[i], b = elements[half + i];
            elements[i] = (a * cosines[i]) - (b * sines[i]);
            elements[half + i] = (b * cosines[i]) + (a * sines[i]);
        }
    }

    // rotation: cosine 0, sine 0, cosine 1, sine 1, ..
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotateNeighbours<TSimd, TVector>(float* elements, float* rotation, int dim)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        int i = 0;
        for (; i <= dim - TSimd.Width; i += TSimd.Width)
        {
            // (a, b) becomes (a, b) cosine + (-b, a) sine
            TVector pairs = TSimd.Load(elements + i), angles = TSimd.Load(rotation + i);
            TVector turned = TSimd.Multiply(TSimd.TurnPairs(pairs), TSimd.DuplicateOdd(angles));
            TSimd.Store(elements + i, TSimd.MultiplyAdd(pairs, TSimd.DuplicateEven(angles), turned));
        }

        for (; i < dim; i += 2)
        {
            float a = elements[i], b = elements[i + 1];
            elements[i] = (a * rotation[i]) - (b * rotation[i + 1]);
            elements[i + 1] = (b * rotation[i]) + (a * rotation[i + 1]);
        }
    }
}
